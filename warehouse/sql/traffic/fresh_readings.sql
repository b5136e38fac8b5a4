-- one row per port and poll that was not known: of two readings at one instant the last holds
create or replace temp table fresh_reading as
with given as (
    select
        interface_key, make_timestamptz(at_us) as read_at, arg_max(in_octets, rowid) as in_octets, arg_max(out_octets, rowid) as out_octets,
        arg_max(discontinuity, rowid) as discontinuity, arg_max(uptime_s, rowid) as uptime_s
    from staged
    where problem is null
    group by interface_key, at_us
)
select g.*
from given g
left join (
    select * from core.counter_reading
    qualify row_number() over (partition by interface_key, read_at order by batch_id desc) = 1
) k using (interface_key, read_at)
where k.batch_id is null or k.in_octets is distinct from g.in_octets::uhugeint or k.out_octets is distinct from g.out_octets::uhugeint;
