-- one row per run, segment_id, direction, date_kind
create view mart.runout_all as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.direction, result.date_kind, result.failure_id, result.threshold_ratio,
    result.t10, result.t50, result.t90, result.last_target, result.probability_by_last,
    result.monte_carlo_se,
    coalesce(capacity.assumed, true) as assumed, run.simulated, run.latest
from core.runout as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id);
