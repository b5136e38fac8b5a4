-- How lopsided is each route: how many bits come in for one that goes out?
with direction as (
    select
        series_id, period_start, simulated,
        max(mean_gbps) filter (where direction = 'in') as in_gbps,
        max(mean_gbps) filter (where direction = 'out') as out_gbps
    from mart.traffic_month
    where series_kind = 'route' and mean_gbps is not null
    group by series_id, period_start, simulated
)
select series_id as route_id, period_start, in_gbps, out_gbps, in_gbps / nullif(out_gbps, 0) as in_per_out, simulated
from direction
qualify period_start = max(period_start) over (partition by series_id)
order by in_per_out desc nulls last, route_id
