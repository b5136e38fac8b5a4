-- gives rows whose name means one port or another the port of their time
update staged
set interface_key = d.interface_key, problem = d.problem
from (
    select
        s.rowid as place, n.interface_key,
        coalesce(s.problem, case when n.interface_key is null
            then 'interface ' || (select any_value(name) from dated_name where name_key = s.interface_key)
                || ' is no port at that time; see valid_from in interfaces.csv' end) as problem
    from staged s
    left join dated_name n on n.name_key = s.interface_key and s.at_us - $before_us >= n.from_us and s.at_us - $before_us < n.until_us
    where s.interface_key < 0
) d
where staged.rowid = d.place;
