-- Which months of traffic were corrected after they were first known, and by how much?
with version as (
    select
        *,
        lag(value_gbps) over (
            partition by grain, series_kind, series_id, direction, statistic, period_start order by version
        ) as earlier_gbps
    from mart.traffic_all
)
select series_kind, series_id, direction, statistic, period_start, earlier_gbps, value_gbps, value_gbps - earlier_gbps as change_gbps, known_at, simulated
from version
where grain = 'month' and value_gbps <> earlier_gbps
order by known_at desc, abs(change_gbps) desc, series_kind, series_id, direction, statistic, period_start
