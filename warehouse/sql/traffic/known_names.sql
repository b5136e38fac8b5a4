-- The time of an entry without dates: from year 1 to the end of 9999, in microseconds.
create or replace temp macro always_from() as -62135596800000000::bigint;
create or replace temp macro always_until() as 253402300800000000::bigint;

-- one row per stated port and time of its entry
create or replace temp table stated_port as
select
    interface_id, aliases,
    coalesce(epoch_us(timezone(time_zone, valid_from::timestamp)), always_from()) as from_us,
    lead(from_us, 1, always_until()) over (partition by interface_id order by from_us) as until_us
from mart.interface;

-- A port that was renamed keeps its history: its new entry has the old name as an alias, and no port has that name any longer.
update core.interface_key k
set interface_id = r.interface_id
from (select distinct interface_id, trim(unnest(string_split(aliases, ';'))) as old_name from stated_port where aliases is not null) r
where k.interface_id = r.old_name
    and r.old_name not in (select interface_id from stated_port)
    and r.interface_id not in (select interface_id from core.interface_key);

insert into core.interface_key
select coalesce((select max(interface_key) from core.interface_key), 0) + row_number() over (order by interface_id), interface_id
from (select distinct interface_id from stated_port)
where interface_id not in (select interface_id from core.interface_key);

-- one row per name under which a port may stand in a source and time in which it is that port's: its own name at all times; names that two
-- ports have at one time are left out
create or replace temp table name_span as
with name as (
    select distinct interface_id, interface_id as name, always_from()::bigint as from_us, always_until()::bigint as until_us from stated_port
    union
    select interface_id, trim(unnest(string_split(aliases, ';'))), from_us, until_us from stated_port where aliases is not null
),
taken as (
    select n.name from name n join name o on o.name = n.name and o.interface_id <> n.interface_id and n.from_us < o.until_us and o.from_us < n.until_us
)
select n.name, k.interface_key, n.name <> k.interface_id as alias, n.from_us, n.until_us
from name n join core.interface_key k using (interface_id)
where n.name <> '' and n.name not in (from taken) and (n.name <> n.interface_id or (n.from_us = always_from() and n.until_us = always_until()));

-- one row per name: its port, or a number below 0 where the port depends on the time
create or replace temp table known_name as
with whole as (
    select
        name, any_value(interface_key) as interface_key, bool_and(alias) as alias,
        count(distinct interface_key) = 1 and sum(until_us - from_us) = always_until()::hugeint - always_from() as always
    from name_span
    group by name
)
select name, case when always then interface_key else -row_number() over (partition by always order by name) end::integer as interface_key, alias
from whole;

-- one row per name whose port depends on the time, and port
create or replace temp table dated_name as
select k.name, k.interface_key as name_key, s.interface_key, s.from_us, s.until_us
from known_name k join name_span s using (name)
where k.interface_key < 0;
