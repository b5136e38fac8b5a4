-- one row per forecast_id
create view mart.new_route_score as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.forecast_id, result.project_id, result.market, result.registered_on, result.judged_on,
    result.months_seen, result.last_month, result.last_gbps, result.p10_gbps, result.p50_gbps, result.p90_gbps,
    result.updated_p10_gbps, result.updated_p50_gbps, result.updated_p90_gbps, result.weight_of_data_ratio,
    result.pinball_gbps, result.verdict, result.reason, result.reason_code, result.reason_values,
    run.simulated, true as assumed
from core.new_route_score as result
join mart.run_history as run using (run_id)
where run.latest;
