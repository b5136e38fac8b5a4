-- one row per port and stated maintenance window
select * from maintenance_window order by all;
