-- warning: A median forecast is more than ten times the last observed value. Look at the series for a level shift or a wrong unit.
with last_observed as (
    select
        grain, series_kind, series_id, direction, statistic,
        arg_max(value_gbps, period_start) as observed_gbps
    from mart.traffic_latest
    where value_gbps is not null
    group by grain, series_kind, series_id, direction, statistic
)
select
    run_id, series_kind, series_id, direction, statistic, grain,
    arg_max(target_start, value_gbps) as target_start, max(value_gbps) as median_gbps, any_value(observed_gbps) as observed_gbps
from mart.forecast_latest
join last_observed using (grain, series_kind, series_id, direction, statistic)
where quantile_level = 0.5 and value_gbps > 10 * observed_gbps
group by run_id, series_kind, series_id, direction, statistic, grain
order by all
