-- How much will each corridor grow in three years, and how wide is the interval?
with last_known as (
    select series_id, direction, arg_max(mean_gbps, period_start) as now_gbps
    from mart.traffic_month
    where series_kind = 'corridor' and mean_gbps is not null
    group by series_id, direction
)
select
    forecast.series_id as corridor, forecast.direction, last_known.now_gbps, forecast.target_start,
    max(forecast.value_gbps) filter (where forecast.quantile_level = 0.1) as low_80_gbps,
    max(forecast.value_gbps) filter (where forecast.quantile_level = 0.5) as median_gbps,
    max(forecast.value_gbps) filter (where forecast.quantile_level = 0.9) as high_80_gbps,
    forecast.simulated
from mart.forecast_latest as forecast
join last_known on last_known.series_id = forecast.series_id and last_known.direction = forecast.direction
where forecast.series_kind = 'corridor' and forecast.statistic = 'mean' and forecast.grain = 'month' and forecast.horizon = 36
group by forecast.series_id, forecast.direction, last_known.now_gbps, forecast.target_start, forecast.simulated
order by corridor, forecast.direction
