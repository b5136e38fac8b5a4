-- What will each route carry a year from now, and how sure is that?
select
    series_id as route_id, direction, target_start,
    max(value_gbps) filter (where quantile_level = 0.1) as low_80_gbps,
    max(value_gbps) filter (where quantile_level = 0.5) as median_gbps,
    max(value_gbps) filter (where quantile_level = 0.9) as high_80_gbps,
    simulated
from mart.forecast_latest
where series_kind = 'route' and statistic = 'p95' and grain = 'month' and horizon = 12
group by series_id, direction, target_start, simulated
order by route_id, direction
