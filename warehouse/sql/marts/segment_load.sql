-- one row per segment_id, direction, failure_id, target_start, quantile_level
create view mart.segment_load as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.direction, result.failure_id, result.target_start, result.quantile_level,
    result.load_gbps, result.lit_gbps, result.utilization_ratio, result.cause_id,
    coalesce(capacity.assumed, true) as assumed, run.simulated
from core.segment_load as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
