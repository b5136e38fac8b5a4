-- one row per scenario_id, segment_id, direction, date_kind
create view mart.scenario_effect as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.scenario_id, result.segment_id, result.direction, result.date_kind, result.t50_base,
    result.t50_scenario, result.shift_months, result.probability_base, result.probability_scenario,
    result.order_by_base, result.order_by_scenario, result.note,
    run.simulated, coalesce(capacity.assumed, true) as assumed
from core.scenario_effect as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
