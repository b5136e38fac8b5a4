-- one row per pair of ports at the two ends of a route whose directions look exchanged
select
    a.interface_id as interface_a, b.interface_id as interface_b,
    (corr(s.in_bps, o.out_bps) + corr(s.out_bps, o.in_bps)) / 2 as crossed,
    (corr(s.in_bps, o.in_bps) + corr(s.out_bps, o.out_bps)) / 2 as straight,
    count(*) as slots
from port a
join port b on a.route_id = b.route_id and a.interface_key < b.interface_key and (a.bundle is null or a.bundle is distinct from b.bundle)
join core.traffic_sample s on s.interface_key = a.interface_key and s.slot_start >= greatest(a.from_at, b.from_at) and s.slot_start < least(a.until_at, b.until_at)
join core.traffic_sample o on o.interface_key = b.interface_key and o.slot_start = s.slot_start and o.slot_minutes = s.slot_minutes
where s.slot_start >= $since
    and s.in_bps is not null and s.out_bps is not null and o.in_bps is not null and o.out_bps is not null
group by all
having count(*) >= $least_slots and crossed > straight + $margin
order by all;
