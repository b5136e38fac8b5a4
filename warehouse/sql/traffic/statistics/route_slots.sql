-- one row per route and slot of a period, of the length its p95 is made from
select p.route_key, epoch_us(s.slot_start) as slot_us, s.in_bps, s.out_bps
from core.traffic_sample s
join port_route p using (interface_key)
join core.slot_rule r on r.flag = s.flag and r.in_p95
join (
    select route_key, max(slot_minutes) as slot_minutes from route_period where statistic = 'p95' and period_start = $period_start group by all
) m on m.route_key = p.route_key and m.slot_minutes = s.slot_minutes
where s.slot_start >= $from_at and s.slot_start < $until_at;
