-- one row per segment_id, direction, date_kind, target_start
create view mart.runout_probability as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.direction, result.date_kind, result.target_start, result.probability,
    coalesce(capacity.assumed, true) as assumed, run.simulated
from core.runout_probability as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
