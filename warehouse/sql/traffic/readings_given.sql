-- one row per port and poll of a file that has each once
create or replace temp view given_reading as
select interface_key, make_timestamptz(at_us) as read_at, in_octets, out_octets, discontinuity, uptime_s
from staged
where problem is null;
