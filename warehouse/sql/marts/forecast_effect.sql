-- one row per series_kind, series_id, direction, statistic, grain, effect
create view mart.forecast_effect as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.series_kind, result.series_id, result.direction, result.statistic, result.grain,
    result.effect, result.kind, result.measured_log, result.error_log, result.used_log,
    case when result.kind <> 'driver' then exp(result.used_log) end as size_ratio,
    result.decay_ratio, result.verdict, result.verdict_code, result.verdict_values,
    result.series_kind <> 'country' and run.simulated as simulated
from core.forecast_effect as result
join mart.run_history as run using (run_id)
where run.latest;
