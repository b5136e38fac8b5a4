-- one row per run, series_kind, series_id, direction, measure, target_start, step_seq
create view mart.revision_part as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.series_kind, result.series_id, result.direction, result.measure, result.target_start, result.step_seq,
    result.step, result.value_before, result.value_after, result.change, result.unit, result.date_before,
    result.date_after, result.earlier_run_id, result.reason, result.reason_code, result.reason_values,
    result.series_kind <> 'country' and run.simulated as simulated,
    result.series_kind = 'segment' and coalesce(capacity.assumed, true) as assumed, run.latest
from core.revision_part as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity on result.series_kind = 'segment' and capacity.segment_id = result.series_id;
