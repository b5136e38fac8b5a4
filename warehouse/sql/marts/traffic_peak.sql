-- one row per grain, route_id, direction, period_start
create view mart.traffic_peak as
with latest as (
    from core.traffic_peak
    qualify row_number() over (partition by grain, route_id, direction, period_start order by version desc) = 1
)
select
    latest.grain, latest.route_id, latest.direction, latest.period_start, latest.peak_gbps, latest.peak_at,
    latest.busy_hour, latest.busy_hour_mean_gbps, latest.peak_to_mean_ratio, latest.time_zone,
    latest.known_at, coalesce(route.simulated, false) as simulated
from latest
left join mart.route using (route_id);
