-- names of the loads before
drop type if exists port_name;
