-- one row per name under which a port may stand in a source; names of several ports are left out
create or replace temp table stated_port as select interface_id, aliases from mart.interface;

-- A port that was renamed keeps its history: its new entry has the old name as an alias, and no port has that name any longer.
update core.interface_key k
set interface_id = r.interface_id
from (select interface_id, trim(unnest(string_split(aliases, ';'))) as old_name from stated_port where aliases is not null) r
where k.interface_id = r.old_name
    and r.old_name not in (select interface_id from stated_port)
    and r.interface_id not in (select interface_id from core.interface_key);

insert into core.interface_key
select coalesce((select max(interface_key) from core.interface_key), 0) + row_number() over (order by interface_id), interface_id
from stated_port
where interface_id not in (select interface_id from core.interface_key);

create or replace temp table known_name as
with name as (
    select interface_id, interface_id as name from stated_port
    union
    select interface_id, trim(unnest(string_split(aliases, ';'))) from stated_port where aliases is not null
)
select name, any_value(interface_key) as interface_key, bool_and(name <> interface_id) as alias
from name join core.interface_key using (interface_id)
where name <> ''
group by name
having count(*) = 1;
