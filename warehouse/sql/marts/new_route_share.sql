-- one row per project_id, market, alternative_id
create view mart.new_route_share as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.project_id, result.market, result.alternative_id, result.is_new, result.price_usd_per_mbps_month,
    result.rtt_ms, result.share_before_ratio, result.share_after_ratio, result.lost_p10_gbps,
    result.lost_p50_gbps, result.lost_p90_gbps,
    run.simulated, true as assumed
from core.new_route_share as result
join mart.run_history as run using (run_id)
where run.latest;
