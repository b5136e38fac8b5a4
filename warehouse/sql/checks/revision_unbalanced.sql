-- error: The parts of a revision do not chain from what the earlier run said to what this one says. Do not publish this run; report it.
with part as (
    select *, lag(value_after) over (partition by run_id, series_kind, series_id, direction, measure, target_start order by step_seq) as ended
    from mart.revision_part
    where latest
)
select run_id, series_kind, series_id, direction, measure, target_start
from part
group by all
having count(*) <> 4
    or bool_or(step_seq > 1 and value_before is distinct from ended)
    or bool_or(change is distinct from value_after - value_before)
order by all
