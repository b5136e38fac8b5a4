-- one row per segment_id, assumption_id
create view mart.assumption_effect as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.assumption_id, result.name, result.order_by_low, result.order_by_base,
    result.order_by_high, result.swing_days, result.variance_share_ratio, result.effect_rank,
    run.simulated, coalesce(capacity.assumed, true) as assumed
from core.assumption_effect as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
