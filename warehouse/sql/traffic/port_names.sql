-- the names as a type: casting to it finds a port without a join, and a join would not leave rows in the order of the file
create temp type port_name as enum (select name from (select name from known_name union all select '' where not exists (from known_name)) order by name);
