-- one row per port of the load: the slots it covers
create or replace temp table reach as
select interface_key, epoch_us(min(slot_start)) as first_us, epoch_us(max(slot_start)) as last_us, count(*) as slots
from core.traffic_sample where batch_id = $batch_id group by interface_key;
