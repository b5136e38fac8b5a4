-- one row per route_id, direction, failure_id, target_start
create view mart.lost_traffic as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.route_id, result.direction, result.failure_id, result.target_start, result.lost_p50_gbps,
    result.lost_p90_gbps, result.hours_per_year,
    run.simulated, coalesce(path.assumed, true) as assumed
from core.lost_traffic as result
join mart.run_history as run using (run_id)
left join (
    select path.route_id, bool_or(coalesce(segment.assumed, true)) as assumed
    from mart.route_path as path
    left join mart.segment as segment using (segment_id)
    group by path.route_id
) as path using (route_id)
where run.latest;
