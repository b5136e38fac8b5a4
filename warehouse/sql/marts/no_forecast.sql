-- one row per series_kind, series_id, direction, statistic, grain
create view mart.no_forecast as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.series_kind, result.series_id, result.direction, result.statistic, result.grain, result.reason, result.reason_code, result.reason_values,
    result.series_kind <> 'country' and run.simulated as simulated
from core.no_forecast as result
join mart.run_history as run using (run_id)
where run.latest;
