-- one row per segment_id, order_seq
create view mart.order_plan as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.order_seq, result.option, result.modules, result.module_gbps, result.order_by,
    result.ready_by, result.overdue_months, result.lead_time_low_months, result.lead_time_likely_months,
    result.lead_time_high_months, result.risk_alpha_ratio, result.p_late_now_ratio, result.failure_id,
    result.cost_usd, result.present_value_usd, result.reason, result.reason_code, result.reason_values,
    coalesce(capacity.assumed, true) as assumed, run.simulated
from core.order_plan as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
