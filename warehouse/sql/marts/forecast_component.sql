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
comment on view mart.forecast_component is 'What each candidate model said in the latest runs, and its weight.';
comment on column mart.forecast_component.run_id is 'the run that made the row; see run_history';
comment on column mart.forecast_component.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.forecast_component.origin is 'first day of the last observed period of the run [date]';
comment on column mart.forecast_component.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.forecast_component.series_kind is 'route, market, corridor, total or country';
comment on column mart.forecast_component.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column mart.forecast_component.direction is 'in or out, seen from the route''s a_node';
comment on column mart.forecast_component.statistic is 'mean or p95 of the period''s valid slots';
comment on column mart.forecast_component.grain is 'month, week, day or year';
comment on column mart.forecast_component.model is 'candidate';
comment on column mart.forecast_component.target_start is 'first day of the period [date]';
comment on column mart.forecast_component.value_gbps is 'its point forecast [Gbit/s]';
comment on column mart.forecast_component.weight is 'its weight [0-1]';
comment on column mart.forecast_component.simulated is 'true where made from simulated traffic; yearly bandwidth of countries is reported, never simulated';
