-- which ports and times the load touched
insert into core.batch_extent
select $batch_id, interface_key, make_timestamptz(min(slot_us)), make_timestamptz(max(slot_us)), count(*), $slot_minutes
from fresh_slot
group by interface_key
order by interface_key;
