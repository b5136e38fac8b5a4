-- adds the peak and busy hour of each route and direction in each period that is over
insert into core.traffic_peak
select
    $grain, n.route_id, p.direction, p.period_start, p.peak_bps / 1e9, make_timestamptz(p.peak_us), p.hour, p.hour_bps / 1e9,
    p.peak_bps / nullif(p.mean_bps, 0), z.time_zone, $known_at, $version
from made_peak p
join route_number n using (route_key)
join (select route_key, min(time_zone) as time_zone from port_route group by route_key) z using (route_key)
order by all;
