-- one row per grain, series_kind, series_id, direction
create view mart.data_quality as
select
    grain, series_kind, series_id, direction,
    count(*) as periods,
    count(*) filter (where value_gbps is null) as periods_without_value,
    min(period_start) as first_period, max(period_start) as last_period,
    avg(coverage_ratio) as mean_coverage_ratio, min(coverage_ratio) as lowest_coverage_ratio,
    max(censored_ratio) as highest_censored_ratio,
    arg_max(reason, period_start) filter (where reason is not null) as last_reason,
    bool_or(simulated) as simulated
from mart.traffic_latest
where statistic = 'p95'
group by grain, series_kind, series_id, direction;
comment on view mart.data_quality is 'How complete each series is: periods, coverage, and the reason of the last gap. Of the p95, which asks most of the slots.';
comment on column mart.data_quality.grain is 'month, week, day or year';
comment on column mart.data_quality.series_kind is 'route, market, corridor, total or country';
comment on column mart.data_quality.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column mart.data_quality.direction is 'in or out, seen from the route''s a_node';
comment on column mart.data_quality.periods is 'periods known';
comment on column mart.data_quality.periods_without_value is 'periods whose coverage was too low for a value';
comment on column mart.data_quality.first_period is 'first day of the first period [date]';
comment on column mart.data_quality.last_period is 'first day of the last period [date]';
comment on column mart.data_quality.mean_coverage_ratio is 'mean over periods of valid slots / expected slots [0-1]';
comment on column mart.data_quality.lowest_coverage_ratio is 'the worst period''s valid slots / expected slots [0-1]';
comment on column mart.data_quality.highest_censored_ratio is 'the worst period''s share of valid slots pinned at a cap [0-1]';
comment on column mart.data_quality.last_reason is 'why the last period without a value has none; empty: all have one';
comment on column mart.data_quality.simulated is 'true where made from simulated traffic';
