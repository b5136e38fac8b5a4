-- one row per series_kind, series_id, direction, statistic, grain, target_start, quantile_level
create view mart.forecast_latest as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.series_kind, result.series_id, result.direction, result.statistic, result.grain,
    result.target_start, result.horizon, result.quantile_level, result.value_gbps,
    result.series_kind <> 'country' and run.simulated as simulated
from core.forecast_quantile as result
join mart.run_history as run using (run_id)
where run.latest;
