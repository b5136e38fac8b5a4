-- one row per group, period and member route: its share of the group's mean in each direction
with way as (
    select series_kind, series_id, period_start, route_key, direction,
        measured_gbps / nullif(sum(measured_gbps) over (partition by series_kind, series_id, period_start, direction), 0) as share
    from group_part where statistic = 'mean'
)
select
    series_kind, series_id, period_start, route_key,
    coalesce(max(share) filter (direction = 'in'), 0) as share_in, coalesce(max(share) filter (direction = 'out'), 0) as share_out
from way
group by all
order by all;
