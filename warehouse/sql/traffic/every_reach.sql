-- one row per port ever loaded: the slots it has
create or replace temp table reach as
select interface_key, epoch_us(min(first_slot)) as first_us, epoch_us(max(last_slot)) as last_us, sum(slots)::bigint as slots
from core.batch_extent group by interface_key;
