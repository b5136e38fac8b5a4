-- one row per run and series that forecast the period that begins on the day target
create macro mart.vintages(target) as table
select
    fan.run_id, run.known_at, run.origin, fan.series_kind, fan.series_id, fan.direction, fan.statistic, fan.grain, fan.target_start, fan.horizon,
    fan.low_80_gbps, fan.median_gbps, fan.high_80_gbps, fan.series_kind <> 'country' and run.simulated as simulated
from core.forecast_fan as fan
join mart.run_history as run using (run_id)
where fan.target_start = target
order by fan.series_kind, fan.series_id, fan.direction, fan.statistic, fan.grain, run.origin, run.known_at, fan.run_id;
