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
left join mart.route using (route_id)
-- Peaks of periods whose ports are stated to measure something else, or to be parts of a sum or not, do not hold.
anti join (
    from mart.traffic_latest
    where series_kind = 'route' and reason_code in ('period.no_samples', 'period.parallel_ports')
) as withdrawn
    on withdrawn.grain = latest.grain and withdrawn.series_id = latest.route_id
    and withdrawn.direction = latest.direction and withdrawn.period_start = latest.period_start;
