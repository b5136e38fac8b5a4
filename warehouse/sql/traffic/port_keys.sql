-- one row per name, in the order of the type
select interface_key from known_name order by name;
