-- one row per grain, statistic, horizon_from, measure
create view mart.live_accuracy as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.grain, result.statistic, result.horizon_from, result.horizon_to, result.measure, result.n,
    result.periods, result.first_target, result.last_target, result.n_effective, result.achieved_ratio,
    result.low_ratio, result.high_ratio, result.promised_ratio, result.error_ratio, result.drifted, result.reason, result.reason_code, result.reason_values,
    run.simulated
from core.live_accuracy as result
join mart.run_history as run using (run_id)
where run.latest;
