-- one row per route and slot of a period, of the length its p95 is made from
select t.route_key, epoch_us(t.slot_start) as slot_us, t.p95_in_bps as in_bps, t.p95_out_bps as out_bps
from mart.traffic_slot t
join (
    select route_key, max(slot_minutes) as slot_minutes from route_period
    where statistic = 'p95' and period_start = $period_start and route_key not in (select route_key from contested)
    group by all
) m on m.route_key = t.route_key and m.slot_minutes = t.slot_minutes
where t.slot_start >= $from_at and t.slot_start < $until_at and (t.p95_in_bps is not null or t.p95_out_bps is not null);
