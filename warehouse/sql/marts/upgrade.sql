-- one row per segment_id, order_seq
create view mart.upgrade as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.order_seq, result.option, result.module_gbps, result.modules, result.ready_by,
    result.cost_usd, result.present_value_usd, result.funded, result.priority, result.risk_if_not_ratio,
    result.reason, result.reason_code, result.reason_values,
    run.simulated, coalesce(capacity.assumed, true) as assumed
from core.upgrade as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
