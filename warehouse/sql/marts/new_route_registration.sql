-- one row per forecast_id
create view mart.new_route_registration as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.forecast_id, result.project_id, result.registered_on, result.judged_on, result.p10_gbps,
    result.p50_gbps, result.p90_gbps, result.ready_probability_ratio, result.wrong_if, result.wrong_if_code, result.wrong_if_values,
    result.assumption_ids, coalesce(result.market, split_part(result.forecast_id, '/', 2)) as market,
    run.simulated, true as assumed
from core.new_route_registration as result
join mart.run_history as run using (run_id)
where run.latest;
