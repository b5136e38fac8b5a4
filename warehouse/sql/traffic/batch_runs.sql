-- one row: whether no slot of the load stands there twice, as far as runs tell: threads write the slots of a port in runs without a gap,
-- and where no run reaches into another, all slots differ
with beside as (
    select
        interface_key, slot_start, row_number() over () as place,
        lag(interface_key) over () as port_before, lag(slot_start) over () as slot_before
    from core.traffic_sample where batch_id = $batch_id
),
run as (
    select interface_key, epoch_us(slot_start) as first_us, lead(place, 1, $slots + 1) over (order by place) - place as slots
    from beside
    where port_before is null or interface_key <> port_before or epoch_us(slot_start) - epoch_us(slot_before) <> $slot_us
)
select coalesce(bool_and(free_from <= first_us), true) as distinct_slots
from (select first_us, lag(first_us + slots * $slot_us) over (partition by interface_key order by first_us) as free_from from run);
