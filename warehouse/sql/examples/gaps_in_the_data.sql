-- Which series have gaps, how large, and why?
select grain, series_kind, series_id, direction, periods, periods_without_value, lowest_coverage_ratio, last_reason, simulated
from mart.data_quality
where periods_without_value > 0 or lowest_coverage_ratio < 1
order by periods_without_value desc, lowest_coverage_ratio, series_kind, series_id, direction, grain
