-- What did we say at the end of March about December?
select series_id, direction, statistic, quantile_level, value_gbps, run_id, simulated
from mart.forecast_as_of(timestamptz '2026-03-31 23:59:59+00')
where series_kind = 'route' and target_start = date '2026-12-01' and quantile_level in (0.1, 0.5, 0.9)
order by series_id, direction, statistic, quantile_level
