-- one row per run, series_kind, series_id, direction, statistic, grain, target_start
create view mart.forecast_accuracy as
with actual as (
    select
        grain, series_kind, series_id, direction, statistic, period_start as target_start,
        value_gbps as actual_gbps
    from mart.traffic_latest
    where value_gbps is not null
    union all
    select 'year', 'country', country, 'in', 'mean', make_date(year, 1, 1), gbps
    from mart.international_bandwidth
    qualify row_number() over (partition by country, year order by source_kind = 'direct' desc) = 1
),
forecast as (
    select
        fan.run_id, run.known_at, run.origin, fan.series_kind, fan.series_id, fan.direction, fan.statistic, fan.grain, fan.target_start, fan.horizon,
        fan.series_kind <> 'country' and run.simulated as simulated, actual.actual_gbps,
        fan.median_gbps, fan.low_80_gbps, fan.high_80_gbps, fan.low_95_gbps, fan.high_95_gbps, fan.levels, fan.values_gbps
    from core.forecast_fan as fan
    join (select run_id, known_at, origin, simulated from mart.run_history) as run using (run_id)
    join actual using (grain, series_kind, series_id, direction, statistic, target_start)
)
select
    run_id, known_at, origin, series_kind, series_id, direction, statistic, grain, target_start, horizon,
    actual_gbps, median_gbps, low_80_gbps, high_80_gbps, low_95_gbps, high_95_gbps,
    median_gbps - actual_gbps as error_gbps,
    median_gbps / nullif(actual_gbps, 0) - 1 as error_ratio,
    actual_gbps between low_80_gbps and high_80_gbps as inside_80,
    actual_gbps between low_95_gbps and high_95_gbps as inside_95,
    -- With factor 2, a level's loss is |difference| + (2 level - 1) difference, so the mean over levels is a sum of two lists' products.
    (list_sum(list_transform(values_gbps, lambda value: abs(actual_gbps - value)))
        + list_sum(list_transform(levels, lambda level: 2 * level - 1)) * actual_gbps
        - 2 * list_dot_product(levels, values_gbps) + list_sum(values_gbps)) / len(levels) as pinball_gbps,
    simulated
from forecast;
comment on view mart.forecast_accuracy is 'Every forecast of every run against what came, once it is known.';
comment on column mart.forecast_accuracy.run_id is 'the run that made the row; see run_history';
comment on column mart.forecast_accuracy.known_at is 'what was known by then went into the forecast [UTC]';
comment on column mart.forecast_accuracy.origin is 'first day of the last observed period of the run [date]';
comment on column mart.forecast_accuracy.series_kind is 'route, market, corridor, total or country';
comment on column mart.forecast_accuracy.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column mart.forecast_accuracy.direction is 'in or out, seen from the route''s a_node';
comment on column mart.forecast_accuracy.statistic is 'mean or p95 of the period''s valid slots';
comment on column mart.forecast_accuracy.grain is 'month, week, day or year';
comment on column mart.forecast_accuracy.target_start is 'first day of the period forecast [date]';
comment on column mart.forecast_accuracy.horizon is '1 is the first period after the origin [periods]';
comment on column mart.forecast_accuracy.actual_gbps is 'what came, as known now [Gbit/s]';
comment on column mart.forecast_accuracy.median_gbps is 'middle of the forecast [Gbit/s]';
comment on column mart.forecast_accuracy.low_80_gbps is 'lower end of the 80 % prediction interval [Gbit/s]';
comment on column mart.forecast_accuracy.high_80_gbps is 'upper end of the 80 % prediction interval [Gbit/s]';
comment on column mart.forecast_accuracy.low_95_gbps is 'lower end of the 95 % prediction interval [Gbit/s]';
comment on column mart.forecast_accuracy.high_95_gbps is 'upper end of the 95 % prediction interval [Gbit/s]';
comment on column mart.forecast_accuracy.error_gbps is 'median - actual; positive: forecast too high [Gbit/s]';
comment on column mart.forecast_accuracy.error_ratio is 'median / actual - 1; empty where the actual is 0 [ratio]';
comment on column mart.forecast_accuracy.inside_80 is 'true where the actual lay in the 80 % interval';
comment on column mart.forecast_accuracy.inside_95 is 'true where the actual lay in the 95 % interval';
comment on column mart.forecast_accuracy.pinball_gbps is 'pinball loss, factor 2, averaged over the quantile levels kept [Gbit/s]';
comment on column mart.forecast_accuracy.simulated is 'true where made from simulated traffic; yearly bandwidth of countries is reported, never simulated';
