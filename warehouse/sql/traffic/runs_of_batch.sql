-- one row per run of slots of one port without a gap between them, as they were written
create or replace temp table batch_run as
with beside as (
    select
        interface_key, slot_start, row_number() over () as place,
        lag(interface_key) over () as port_before, lag(slot_start) over () as slot_before
    from core.traffic_sample where batch_id = $batch_id
)
select interface_key, epoch_us(slot_start) as first_us, lead(place, 1, $slots + 1) over (order by place) - place as slots
from beside
where port_before is null or interface_key <> port_before or epoch_us(slot_start) - epoch_us(slot_before) <> $slot_us;
