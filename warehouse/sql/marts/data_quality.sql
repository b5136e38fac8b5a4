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
