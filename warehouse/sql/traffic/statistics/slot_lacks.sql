-- adds what is missing of the valid slots of a period that were measured in part, as slots; of a bundle as much as of its least measured member
insert into slot_lack
with latest as (
    select interface_key, slot_start, slot_minutes, 1 - arg_max(measured_ratio, batch_id) as lack
    from core.partial_slot
    where slot_start >= $from_at and slot_start < $until_at
    group by all
),
of_route as (
    select p.route_key, p.bundle, case when p.bundle is null then p.interface_key end as alone_key, l.slot_start, l.slot_minutes, max(l.lack) as lack
    from latest l
    join port_route p on p.interface_key = l.interface_key and l.slot_start >= p.from_at and l.slot_start < p.until_at
    where l.lack > 0
    group by all
)
select
    t.route_key, $period_start, t.slot_minutes,
    sum(case when t.mean_in_bps is not null then o.lack end), sum(case when t.mean_out_bps is not null then o.lack end),
    sum(case when t.p95_in_bps is not null then o.lack end), sum(case when t.p95_out_bps is not null then o.lack end)
from mart.traffic_slot t
join of_route o on o.route_key = t.route_key and o.slot_start = t.slot_start and o.slot_minutes = t.slot_minutes
    and o.bundle is not distinct from t.bundle and (o.alone_key is null or o.alone_key = t.interface_key)
where t.slot_start >= $from_at and t.slot_start < $until_at
group by t.route_key, t.slot_minutes;
