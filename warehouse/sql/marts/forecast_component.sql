-- one row per series_kind, series_id, direction, statistic, grain, model, target_start
create view mart.forecast_component as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.series_kind, result.series_id, result.direction, result.statistic, result.grain, result.model,
    result.target_start, result.value_gbps, result.weight,
    result.series_kind <> 'country' and run.simulated as simulated
from core.forecast_component as result
join mart.run_history as run using (run_id)
where run.latest;
