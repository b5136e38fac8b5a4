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
comment on view mart.forecast_effect is 'What moving holidays, fading events and stated drivers did to a series, in the latest runs.';
comment on column mart.forecast_effect.run_id is 'the run that made the row; see run_history';
comment on column mart.forecast_effect.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.forecast_effect.origin is 'first day of the last observed period of the run [date]';
comment on column mart.forecast_effect.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.forecast_effect.series_kind is 'route, market, corridor, total or country';
comment on column mart.forecast_effect.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column mart.forecast_effect.direction is 'in or out, seen from the route''s a_node';
comment on column mart.forecast_effect.statistic is 'mean or p95 of the period''s valid slots';
comment on column mart.forecast_effect.grain is 'month, week, day or year';
comment on column mart.forecast_effect.effect is 'the days'' name, event:ID or driver:ID';
comment on column mart.forecast_effect.kind is 'calendar, event or driver';
comment on column mart.forecast_effect.measured_log is 'measured on this series: per whole period of such days, at the event''s start, or per unit of the driver''s log [log]';
comment on column mart.forecast_effect.error_log is 'standard error of measured_log [log]';
comment on column mart.forecast_effect.used_log is 'what the forecast uses, shrunk as far as noise explains it [log]';
comment on column mart.forecast_effect.size_ratio is 'traffic with the effect / without it, from used_log; empty for drivers, whose used_log is an elasticity [ratio]';
comment on column mart.forecast_effect.decay_ratio is 'share of an event''s effect left after one more period [ratio]';
comment on column mart.forecast_effect.verdict is 'used, noise explains it, or why it could not be used';
comment on column mart.forecast_effect.verdict_code is 'the code of verdict in the catalogues of texts';
comment on column mart.forecast_effect.verdict_values is 'what the text of verdict names, as JSON';
comment on column mart.forecast_effect.simulated is 'true where made from simulated traffic; yearly bandwidth of countries is reported, never simulated';
