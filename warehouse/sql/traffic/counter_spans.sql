-- one row per port with new readings: the slots they change, from the reading before the first new one to the one after the last, and
-- the readings these slots are made from
create or replace temp table counter_span as
with fresh as (
    select interface_key, min(read_at) as first_at, max(read_at) as last_at from fresh_reading group by interface_key
),
changed as (
    select
        interface_key,
        epoch_us(coalesce(max(k.read_at) filter (k.read_at < first_at), any_value(first_at))) // $slot_us * $slot_us as lo_us,
        (epoch_us(coalesce(min(k.read_at) filter (k.read_at > last_at), any_value(last_at))) // $slot_us + 1) * $slot_us as hi_us
    from core.counter_reading k join fresh using (interface_key)
    group by interface_key
)
select
    interface_key, lo_us, hi_us,
    any_value(p.speed_bps) as speed_bps,
    coalesce(max(k.read_at) filter (epoch_us(k.read_at) <= lo_us), min(k.read_at)) as from_at,
    coalesce(min(k.read_at) filter (epoch_us(k.read_at) >= hi_us), max(k.read_at)) as until_at
from core.counter_reading k join changed using (interface_key)
join (select interface_key, max(speed_bps) as speed_bps from port group by interface_key) p using (interface_key)
group by all;
