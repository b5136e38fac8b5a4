-- What did every run say about the month it now forecasts last?
select run_id, known_at, series_id, direction, statistic, low_80_gbps, median_gbps, high_80_gbps, simulated
from mart.vintages((select max(target_start) from mart.forecast_latest where grain = 'month'))
where series_kind = 'route'
order by series_id, direction, statistic, known_at
