-- How much too high is the sum of the routes' p95 against the p95 of their corridor?
with route as (
    -- sum() is refused for p95; list_sum says that the wrong sum is meant here.
    select route.corridor, traffic.direction, traffic.period_start, list_sum(list(traffic.p95.gbps)) as sum_of_p95_gbps
    from mart.traffic_month as traffic
    join mart.route as route on route.route_id = traffic.series_id
    where traffic.series_kind = 'route'
    group by route.corridor, traffic.direction, traffic.period_start
)
select
    route.corridor, route.direction, route.period_start, route.sum_of_p95_gbps, traffic.p95.gbps as p95_of_sum_gbps,
    traffic.p95.gbps / nullif(route.sum_of_p95_gbps, 0) as kappa, traffic.simulated
from route
join mart.traffic_month as traffic
    on traffic.series_kind = 'corridor' and traffic.series_id = route.corridor
    and traffic.direction = route.direction and traffic.period_start = route.period_start
where traffic.p95 is not null
order by route.corridor, route.direction, route.period_start
