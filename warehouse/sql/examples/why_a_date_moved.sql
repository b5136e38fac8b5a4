-- Which change moved each runout date and each last day to order since the run before, in days?
select
    series_id as segment_id, direction, measure, arg_min(date_before, step_seq) as date_then, arg_max(date_after, step_seq) as date_now,
    any_value(change) filter (step = 'history_revised') as history_revised_days, any_value(change) filter (step = 'new_observations') as new_observations_days,
    any_value(change) filter (step = 'model') as model_days, any_value(change) filter (step = 'assumptions') as assumptions_days,
    any_value(earlier_run_id) as earlier_run_id, bool_or(assumed) as assumed, bool_or(simulated) as simulated
from mart.revision_part
where latest and series_kind = 'segment' and unit = 'day'
group by series_id, direction, measure
order by segment_id, measure, direction
