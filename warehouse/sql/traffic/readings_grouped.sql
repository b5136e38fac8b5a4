-- one row per port and poll: of two readings at one instant the last holds
create or replace temp view given_reading as
select
    interface_key, make_timestamptz(at_us) as read_at, arg_max(in_octets, rowid) as in_octets, arg_max(out_octets, rowid) as out_octets,
    arg_max(discontinuity, rowid) as discontinuity, arg_max(uptime_s, rowid) as uptime_s
from staged
where problem is null
group by interface_key, at_us;
