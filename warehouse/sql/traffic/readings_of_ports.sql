-- one row per reading that the slots to be made again of some ports need; one join, so that they stay in their order
select
    k.interface_key, epoch_us(k.read_at) as read_us, k.in_octets::ubigint as in_octets, k.out_octets::ubigint as out_octets, k.counter_bits,
    k.discontinuity, k.uptime_s, s.speed_bps, k.batch_id
from core.counter_reading k
join counter_span s on s.interface_key = k.interface_key and k.read_at between s.from_at and s.until_at
where k.interface_key between $first and $last;
