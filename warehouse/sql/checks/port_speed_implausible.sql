-- warning: The p95 of a route's last month is below 0.1 % or above 100 % of the speed of its ports. Check the source's unit and speed_gbps (Gbit/s) in interfaces.csv.
with latest as (
    select series_id as route_id, period_start, max(value_gbps) as p95_gbps
    from mart.traffic_latest
    where series_kind = 'route' and grain = 'month' and statistic = 'p95' and value_gbps is not null
    group by series_id, period_start
    qualify period_start = max(period_start) over (partition by series_id)
),
speed as (
    select
        l.route_id, l.period_start, l.p95_gbps, string_agg(distinct p.interface_id, ', ') as ports,
        case when any_value(p.bundle) is null then max(p.speed_gbps) else sum(p.speed_gbps) end as speed_gbps
    from latest as l
    join mart.port_span as p
        on p.route_id = l.route_id
        and p.from_at <= l.period_start + interval 15 day and p.until_at > l.period_start + interval 15 day
    group by all
    having count(p.speed_gbps) = count(*)
)
select route_id, ports, period_start, p95_gbps, speed_gbps, p95_gbps / speed_gbps as share_of_speed
from speed
where p95_gbps > 0 and (p95_gbps < 0.001 * speed_gbps or p95_gbps > speed_gbps)
order by all
