-- warning: The last period of a series has no value because too few slots were measured. Load the missing files, or live with no forecast.
select grain, series_kind, series_id, direction, statistic, period_start, coverage_ratio, reason
from mart.traffic_latest
where series_kind = 'route' and coalesce(reason, '') <> 'period not over'
qualify
    period_start = max(period_start) over (partition by grain, series_kind, series_id, direction, statistic)
    and value_gbps is null
order by all
