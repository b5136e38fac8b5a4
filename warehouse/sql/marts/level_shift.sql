-- one row per series_kind, series_id, direction, statistic, grain, period_start
create view mart.level_shift as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.series_kind, result.series_id, result.direction, result.statistic, result.grain,
    result.period_start, result.size_ratio, result.event_id, result.handled,
    result.series_kind <> 'country' and run.simulated as simulated
from core.level_shift as result
join mart.run_history as run using (run_id)
where run.latest;
