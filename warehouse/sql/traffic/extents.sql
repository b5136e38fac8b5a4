-- which ports and times the load touched: slots it changed, or of which it measured another part
insert into core.batch_extent
select $batch_id, interface_key, make_timestamptz(min(slot_us)), make_timestamptz(max(slot_us)), count(*), $slot_minutes
from (
    select interface_key, slot_us from fresh_slot
    union
    select interface_key, epoch_us(slot_start) from core.partial_slot where batch_id = $batch_id and slot_minutes = $slot_minutes
)
group by interface_key
order by interface_key;
