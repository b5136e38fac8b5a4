-- one row per route and slot length of a period: statistics of each direction
insert into route_sum
select
    p.route_key, $period_start, s.slot_minutes, $from_at, $until_at,
    avg(s.in_bps) filter (r.in_mean) as mean_in,
    avg(s.out_bps) filter (r.in_mean) as mean_out,
    quantile_disc(s.in_bps, 0.95) filter (r.in_p95) as p95_in,
    quantile_disc(s.out_bps, 0.95) filter (r.in_p95) as p95_out,
    count(s.in_bps) filter (r.in_mean) as mean_slots_in,
    count(s.out_bps) filter (r.in_mean) as mean_slots_out,
    count(s.in_bps) filter (r.in_p95) as p95_slots_in,
    count(s.out_bps) filter (r.in_p95) as p95_slots_out,
    count(s.in_bps) filter (s.flag = 'censored') as censored_in,
    count(s.out_bps) filter (s.flag = 'censored') as censored_out
from core.traffic_sample s
join port_route p using (interface_key)
join core.slot_rule r on r.flag = s.flag
where s.slot_start >= $from_at and s.slot_start < $until_at
group by p.route_key, s.slot_minutes;
