-- one row per route_id
create view mart.route_risk as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.route_id, result.paths, result.rtt_floor_ms, result.rtt_backup_ms, result.availability_ratio,
    result.unavailable_hours, result.lost_tb_year, result.failure_id, result.note, result.note_code, result.note_values,
    run.simulated, coalesce(path.assumed, true) as assumed
from core.route_risk as result
join mart.run_history as run using (run_id)
left join (
    select path.route_id, bool_or(coalesce(segment.assumed, true)) as assumed
    from mart.route_path as path
    left join mart.segment as segment using (segment_id)
    group by path.route_id
) as path using (route_id)
where run.latest;
