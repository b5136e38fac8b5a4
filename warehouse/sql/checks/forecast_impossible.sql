-- error: A forecast is negative or not a number. Do not publish this run; report it.
select run_id, series_kind, series_id, direction, statistic, grain, target_start, quantile_level, value_gbps
from mart.forecast_latest
where not isfinite(value_gbps) or value_gbps < 0
order by all
