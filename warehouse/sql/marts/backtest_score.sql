-- one row per series_kind, series_id, direction, statistic, grain, model, horizon
create view mart.backtest_score as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.series_kind, result.series_id, result.direction, result.statistic, result.grain, result.model,
    result.horizon, result.n, result.bias_gbps, result.mae_gbps, result.mase, result.pinball_gbps,
    result.crps_gbps, result.coverage_80, result.coverage_95, result.dm_p,
    result.series_kind <> 'country' and run.simulated as simulated
from core.backtest_score as result
join mart.run_history as run using (run_id)
where run.latest;
