-- Which failure loads each segment most, twelve months from now, with 90 % certainty?
with ahead as (
    from mart.segment_load
    where quantile_level = 0.9 and date_diff('month', origin, target_start) = 12
)
select segment_id, direction, failure_id, load_gbps, lit_gbps, utilization_ratio, assumed, simulated
from ahead
qualify row_number() over (partition by segment_id, direction order by load_gbps desc, failure_id) = 1
order by utilization_ratio desc, segment_id, direction
