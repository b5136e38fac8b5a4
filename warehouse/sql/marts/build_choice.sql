-- one row per build_id
create view mart.build_choice as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.build_id, result.segments, result.verdict, result.stated_on, result.opens_on,
    result.price_usd, result.build_cost_usd, result.orders_with_usd, result.orders_without_usd,
    result.lost_with_usd, result.lost_without_usd, result.earned_low_usd, result.earned_usd, result.earned_high_usd,
    result.own_loss_usd, result.net_usd, result.proven, result.reason, result.reason_code, result.reason_values,
    run.simulated, true as assumed
from core.build_choice as result
join mart.run_history as run using (run_id)
where run.latest;
