-- one row per name, in the order of the type
select name, interface_key from known_name order by alias, interface_key, name;
