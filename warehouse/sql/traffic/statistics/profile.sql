-- adds the mean by local weekday and hour over the last 12 months with samples
insert into core.traffic_profile
with recent as (
    select
        s.route_key, unnest(['in', 'out']) as direction, unnest([s.in_bps, s.out_bps]) as bps, h.weekday, h.hour
    from (
        select p.route_key, p.time_zone, epoch_us(s.slot_start) // 900000000 as quarter, s.in_bps, s.out_bps
        from core.traffic_sample s join port_route p using (interface_key) join core.slot_rule r on r.flag = s.flag and r.in_mean
        where s.slot_start >= $from_at and s.slot_start < $until_at and s.slot_minutes <= 60
    ) s
    join local_hour h on h.time_zone = s.time_zone and h.quarter = s.quarter
)
select n.route_id, r.direction, r.weekday, r.hour, avg(r.bps) / 1e9, $known_at, $version
from recent r join route_number n using (route_key)
where r.bps is not null
group by all
order by all;
