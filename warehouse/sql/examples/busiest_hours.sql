-- At which hour is each route busiest, and how far above its mean?
select route_id, direction, period_start, busy_hour, time_zone, busy_hour_mean_gbps, peak_gbps, peak_to_mean_ratio, simulated
from mart.traffic_peak
where grain = 'month'
qualify period_start = max(period_start) over (partition by route_id, direction)
order by route_id, direction
