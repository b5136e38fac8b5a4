-- warning: Two ports of a route look as if one had in and out exchanged (last 35 days of samples). Set swap_directions for the source of the one that is not seen from the route's a_node.
select
    a.interface_id as interface_a, b.interface_id as interface_b,
    (corr(s.in_bps, o.out_bps) + corr(s.out_bps, o.in_bps)) / 2 as crossed,
    (corr(s.in_bps, o.in_bps) + corr(s.out_bps, o.out_bps)) / 2 as straight,
    count(*) as slots
from mart.port_span as a
join mart.port_span as b
    on b.route_id = a.route_id and a.interface_key < b.interface_key
    and (a.bundle is null or a.bundle is distinct from b.bundle)
join core.traffic_sample as s
    on s.interface_key = a.interface_key
    and s.slot_start >= greatest(a.from_at, b.from_at) and s.slot_start < least(a.until_at, b.until_at)
join core.traffic_sample as o
    on o.interface_key = b.interface_key and o.slot_start = s.slot_start and o.slot_minutes = s.slot_minutes
where s.slot_start >= (select max(last_slot) - interval 35 day from core.batch_extent)
    and s.in_bps is not null and s.out_bps is not null and o.in_bps is not null and o.out_bps is not null
group by all
having count(*) >= 288 and crossed > straight + 0.5
order by all
