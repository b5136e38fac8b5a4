-- adds the mean by local weekday and hour over the last 12 months with samples
insert into core.traffic_profile
with hourly as (
    select
        p.route_key, h.weekday, h.hour,
        sum(s.in_bps) as sum_in, count(s.in_bps) as slots_in, sum(s.out_bps) as sum_out, count(s.out_bps) as slots_out
    from core.traffic_sample s
    join port_route p using (interface_key)
    join core.slot_rule r on r.flag = s.flag and r.in_mean
    join local_hour h on h.moment = epoch_us(s.slot_start) // 900000000 * 1000 + p.zone_key
    where s.slot_start >= $from_at and s.slot_start < $until_at and s.slot_minutes <= 60
    group by all
),
way as (
    select route_key, weekday, hour, unnest([
        {direction: 'in', sum_bps: sum_in, slots: slots_in}, {direction: 'out', sum_bps: sum_out, slots: slots_out}
    ], recursive := true)
    from hourly
)
select n.route_id, w.direction, w.weekday, w.hour, w.sum_bps / w.slots / 1e9, $known_at, $version
from way w join route_number n using (route_key)
where w.slots > 0
order by all;
