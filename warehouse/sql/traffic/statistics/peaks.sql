-- adds the peak and busy hour of each route and direction in each period at hand
insert into core.traffic_peak
with way as (
    select s.route_key, s.period_start, s.slot_us, unnest(['in', 'out']) as direction, unnest([s.in_bps, s.out_bps]) as bps from route_slot s
),
peak as (
    select route_key, period_start, direction, max(bps) as peak_bps, arg_max(slot_us, (bps, -slot_us)) as peak_us, avg(bps) as mean_bps
    from way where bps is not null
    group by all
),
hourly as (
    select w.route_key, w.period_start, w.direction, h.hour, avg(w.bps) as bps
    from way w
    join (select route_key, min(time_zone) as time_zone from port_route group by route_key) z using (route_key)
    join local_hour h on h.time_zone = z.time_zone and h.quarter = w.slot_us // 900000000
    where w.bps is not null
    group by all
),
busy as (
    select route_key, period_start, direction, arg_max(hour, (bps, -hour)) as hour, max(bps) as bps from hourly group by all
)
select
    $grain, n.route_id, p.direction, p.period_start, p.peak_bps / 1e9, make_timestamptz(p.peak_us), b.hour, b.bps / 1e9,
    p.peak_bps / nullif(p.mean_bps, 0), z.time_zone, $known_at, $version
from peak p
join busy b using (route_key, period_start, direction)
join route_number n using (route_key)
join (select route_key, min(time_zone) as time_zone from port_route group by route_key) z using (route_key)
join clock c on c.quarter = p.peak_us // 900000000
where c.until_at <= $today
order by all;
