-- one row per run, series_kind, series_id, direction, statistic, grain, target_start, quantile_level
create view mart.forecast_all as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.series_kind, result.series_id, result.direction, result.statistic, result.grain,
    result.target_start, result.horizon, result.quantile_level, result.value_gbps,
    result.series_kind <> 'country' and run.simulated as simulated, run.latest
from core.forecast_quantile as result
join mart.run_history as run using (run_id);
comment on view mart.forecast_all is 'Forecast quantiles of all runs: the vintages.';
comment on column mart.forecast_all.run_id is 'the run that made the row; see run_history';
comment on column mart.forecast_all.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.forecast_all.origin is 'first day of the last observed period of the run [date]';
comment on column mart.forecast_all.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.forecast_all.series_kind is 'route, market, corridor, total or country';
comment on column mart.forecast_all.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column mart.forecast_all.direction is 'in or out, seen from the route''s a_node';
comment on column mart.forecast_all.statistic is 'mean or p95 of the period''s valid slots';
comment on column mart.forecast_all.grain is 'month, week, day or year';
comment on column mart.forecast_all.target_start is 'first day of the period forecast [date]';
comment on column mart.forecast_all.horizon is '1 is the first period after the origin [periods]';
comment on column mart.forecast_all.quantile_level is 'share of paths at or below [0-1]';
comment on column mart.forecast_all.value_gbps is 'the quantile of one series. Quantiles are never the sum of others: for a group take the row of its market, corridor or total [Gbit/s]';
comment on column mart.forecast_all.simulated is 'true where made from simulated traffic; yearly bandwidth of countries is reported, never simulated';
comment on column mart.forecast_all.latest is 'true where the run speaks for its grain now';
