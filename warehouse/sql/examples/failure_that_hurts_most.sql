-- How full is each segment twelve months from now with nothing failed, how full in its worst failure, and which is that?
with ahead as (
    from mart.segment_load
    where quantile_level = 0.9 and date_diff('month', origin, target_start) = 12
)
select
    segment_id, direction, target_start,
    max(utilization_ratio) filter (where failure_id = 'none') as steady_ratio,
    max(utilization_ratio) filter (where failure_id = 'worst') as worst_ratio,
    max(cause_id) filter (where failure_id = 'worst') as worst_failure,
    any_value(lit_gbps) as lit_gbps, bool_or(assumed) as assumed, bool_or(simulated) as simulated
from ahead
group by segment_id, direction, target_start
order by worst_ratio desc nulls last, segment_id, direction
