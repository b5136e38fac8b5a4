-- Which forecasts did the last run change most?
select run_id, earlier_run_id, series_kind, series_id, direction, statistic, grain, target_start, earlier_gbps, value_gbps, change_ratio, simulated
from mart.revision
where latest
order by abs(change_ratio) desc nulls last, series_kind, series_id, direction, statistic, target_start
limit 20
