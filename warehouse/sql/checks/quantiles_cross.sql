-- error: A higher quantile of a forecast lies below a lower one. Do not publish this run; report it.
with neighbours as (
    select
        *,
        lag(value_gbps) over (
            partition by run_id, series_kind, series_id, direction, statistic, grain, target_start order by quantile_level
        ) as lower_gbps
    from mart.forecast_latest
)
select run_id, series_kind, series_id, direction, statistic, grain, target_start, quantile_level, lower_gbps, value_gbps
from neighbours
where value_gbps < lower_gbps
order by all
