-- one row per project_id, market, alternative_id, target_start, quantile_level
create view mart.new_route_quantile as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.project_id, result.market, result.alternative_id, result.target_start, result.quantile_level,
    result.value_gbps,
    run.simulated, true as assumed
from core.new_route_quantile as result
join mart.run_history as run using (run_id)
where run.latest;
