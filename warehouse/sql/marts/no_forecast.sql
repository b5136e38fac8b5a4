-- one row per series_kind, series_id, direction, statistic, grain
create view mart.no_forecast as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.series_kind, result.series_id, result.direction, result.statistic, result.grain, result.reason, result.reason_code, result.reason_values,
    result.series_kind <> 'country' and run.simulated as simulated
from core.no_forecast as result
join mart.run_history as run using (run_id)
where run.latest;
comment on view mart.no_forecast is 'Series the latest runs make no forecast for, and why.';
comment on column mart.no_forecast.run_id is 'the run that made the row; see run_history';
comment on column mart.no_forecast.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.no_forecast.origin is 'first day of the last observed period of the run [date]';
comment on column mart.no_forecast.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.no_forecast.series_kind is 'route, market, corridor, total or country';
comment on column mart.no_forecast.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column mart.no_forecast.direction is 'in or out, seen from the route''s a_node';
comment on column mart.no_forecast.statistic is 'mean or p95 of the period''s valid slots';
comment on column mart.no_forecast.grain is 'month, week, day or year';
comment on column mart.no_forecast.reason is 'why, for a reader who is no programmer';
comment on column mart.no_forecast.reason_code is 'the code of reason in the catalogues of texts';
comment on column mart.no_forecast.reason_values is 'what the text of reason names, as JSON';
comment on column mart.no_forecast.simulated is 'true where made from simulated traffic; yearly bandwidth of countries is reported, never simulated';
