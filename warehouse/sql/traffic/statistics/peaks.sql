-- adds the peak and busy hour of each route and direction in each period at hand
insert into core.traffic_peak
with zone as (
    select route_key, min(zone_key) as zone_key, min(time_zone) as time_zone from port_route group by route_key
),
hourly as (
    select
        s.route_key, s.period_start, h.hour,
        max(s.in_bps) as max_in, sum(s.in_bps) as sum_in, count(s.in_bps) as slots_in,
        max(s.out_bps) as max_out, sum(s.out_bps) as sum_out, count(s.out_bps) as slots_out
    from route_slot s
    join zone z using (route_key)
    join local_hour h on h.moment = s.slot_us // 900000000 * 1000 + z.zone_key
    group by all
),
way as (
    select route_key, period_start, hour, unnest([
        {direction: 'in', max_bps: max_in, sum_bps: sum_in, slots: slots_in},
        {direction: 'out', max_bps: max_out, sum_bps: sum_out, slots: slots_out}
    ], recursive := true)
    from hourly
),
peak as (
    select
        route_key, period_start, direction, max(max_bps) as peak_bps, sum(sum_bps) / sum(slots) as mean_bps,
        arg_max(hour, (sum_bps / slots, -hour)) as hour, max(sum_bps / slots) as hour_bps
    from way
    where slots > 0
    group by all
),
instant as (
    select s.route_key, s.period_start,
        min(s.slot_us) filter (s.in_bps = i.peak_bps) as in_us, min(s.slot_us) filter (s.out_bps = o.peak_bps) as out_us
    from route_slot s
    left join peak i on i.route_key = s.route_key and i.period_start = s.period_start and i.direction = 'in'
    left join peak o on o.route_key = s.route_key and o.period_start = s.period_start and o.direction = 'out'
    where s.in_bps = i.peak_bps or s.out_bps = o.peak_bps
    group by all
)
select
    $grain, n.route_id, p.direction, p.period_start, p.peak_bps / 1e9,
    make_timestamptz(case p.direction when 'in' then i.in_us else i.out_us end), p.hour, p.hour_bps / 1e9,
    p.peak_bps / nullif(p.mean_bps, 0), z.time_zone, $known_at, $version
from peak p
join instant i using (route_key, period_start)
join route_number n using (route_key)
join zone z using (route_key)
where p.period_start in (select period_start from clock where until_at <= $today)
order by all;
