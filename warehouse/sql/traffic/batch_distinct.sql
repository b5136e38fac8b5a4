-- one row: whether no slot of the load appears twice: a bit for each of 64 slots of a port
select bool_and(slots = marked) as distinct_slots
from (
    select count(*) as slots, bit_count(bit_or(1::ubigint << (epoch_us(slot_start) // $slot_us % 64)::ubigint)) as marked
    from core.traffic_sample where batch_id = $batch_id
    group by interface_key, epoch_us(slot_start) // ($slot_us::bigint * 64)
);
