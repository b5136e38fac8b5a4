-- one row per segment_id, direction, target_start
create view mart.segment_risk as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.direction, result.target_start, result.overload_ratio, result.congested_hours,
    result.failure_id,
    run.simulated, coalesce(capacity.assumed, true) as assumed
from core.segment_risk as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
