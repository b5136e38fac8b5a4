-- one row per grain, statistic, challenger
create view mart.model_challenge as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.grain, result.statistic, result.challenger, result.n, result.periods, result.horizon_to,
    result.champion_error_ratio, result.challenger_error_ratio, result.dm_p, result.verdict, result.reason, result.reason_code, result.reason_values,
    run.simulated
from core.model_challenge as result
join mart.run_history as run using (run_id)
where run.latest;
