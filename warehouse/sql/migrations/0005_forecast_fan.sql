-- The quantiles of a period side by side: what past forecasts said is held against what came without gathering them anew.

-- one row per run, series_kind, series_id, direction, statistic, grain, target_start
create table core.forecast_fan (
    run_id varchar not null,
    series_kind varchar not null,
    series_id varchar not null,
    direction varchar not null,
    statistic varchar not null,
    grain varchar not null,
    target_start date not null,
    horizon bigint not null,
    low_95_gbps double,
    low_80_gbps double,
    median_gbps double,
    high_80_gbps double,
    high_95_gbps double,
    levels double[] not null,
    values_gbps double[] not null
);
comment on table core.forecast_fan is 'The quantiles of core.forecast_quantile of one period in one row, made when a run is saved.';
comment on column core.forecast_fan.run_id is 'the run';
comment on column core.forecast_fan.series_kind is 'route, market, corridor, total or country';
comment on column core.forecast_fan.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column core.forecast_fan.direction is 'in or out, seen from the route''s a_node';
comment on column core.forecast_fan.statistic is 'mean or p95 of the period''s valid slots';
comment on column core.forecast_fan.grain is 'month, week, day or year';
comment on column core.forecast_fan.target_start is 'first day of the period forecast [date]';
comment on column core.forecast_fan.horizon is '1 is the first period after the origin [periods]';
comment on column core.forecast_fan.low_95_gbps is '2.5 % of paths lie at or below [Gbit/s]';
comment on column core.forecast_fan.low_80_gbps is '10 % of paths lie at or below [Gbit/s]';
comment on column core.forecast_fan.median_gbps is 'half of the paths lie at or below [Gbit/s]';
comment on column core.forecast_fan.high_80_gbps is '90 % of paths lie at or below [Gbit/s]';
comment on column core.forecast_fan.high_95_gbps is '97.5 % of paths lie at or below [Gbit/s]';
comment on column core.forecast_fan.levels is 'the quantile levels, rising [0-1]';
comment on column core.forecast_fan.values_gbps is 'the quantile of each level [Gbit/s]';
