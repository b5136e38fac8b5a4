-- the names as a type: casting to it finds a port without a join, and a join would not leave rows in the order of the file; a port's
-- own name comes before aliases, in the order of keys, so that for most ports the name's place is the key
create temp type port_name as enum (
    select name
    from (select name, alias, interface_key from known_name union all select '', false, 0 where not exists (from known_name))
    order by alias, interface_key, name
);
