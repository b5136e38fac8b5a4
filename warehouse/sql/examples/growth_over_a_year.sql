-- How fast did each route grow over the last year, month against the same month?
with month as (
    select series_id, direction, period_start, mean_gbps, simulated
    from mart.traffic_month
    where series_kind = 'route' and mean_gbps is not null
)
select
    later.series_id as route_id, later.direction, later.period_start, earlier.mean_gbps as year_before_gbps, later.mean_gbps,
    later.mean_gbps / nullif(earlier.mean_gbps, 0) - 1 as growth_ratio, later.simulated
from month as later
join month as earlier
    on earlier.series_id = later.series_id
    and earlier.direction = later.direction
    and earlier.period_start = later.period_start - interval 1 year
qualify later.period_start = max(later.period_start) over (partition by later.series_id, later.direction)
order by growth_ratio desc nulls last, route_id, direction
