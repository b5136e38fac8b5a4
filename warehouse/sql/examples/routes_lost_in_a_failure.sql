-- Which failures lose traffic that nothing else can carry, and how much a year from now?
select failure_id, route_id, direction, target_start, lost_p50_gbps, lost_p90_gbps, hours_per_year, simulated
from mart.lost_traffic
where date_diff('month', origin, target_start) = 12
order by lost_p90_gbps desc, failure_id, route_id, direction
