-- one row per route, period and slot of the length its p95 is made from: what groups are summed from
create or replace temp table route_slot as
select p.route_key, c.period_start, epoch_us(s.slot_start) as slot_us, s.in_bps, s.out_bps
from core.traffic_sample s
join port_route p using (interface_key)
join clock c on c.quarter = epoch_us(s.slot_start) // 900000000
join core.slot_rule r on r.flag = s.flag and r.in_p95
join (select route_key, period_start, max(slot_minutes) as slot_minutes from route_period where statistic = 'p95' group by all) m
    on m.route_key = p.route_key and m.period_start = c.period_start and m.slot_minutes = s.slot_minutes
where s.slot_start >= $from_at and s.slot_start < $until_at;
