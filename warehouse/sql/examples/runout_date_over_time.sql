-- How has the runout date of each segment moved from run to run?
select
    segment_id, direction, date_kind, run_id, known_at, t50, last_target,
    date_diff('day', lag(t50) over (partition by segment_id, direction, date_kind order by known_at, run_id), t50) as moved_days,
    assumed, simulated
from mart.runout_all
order by segment_id, direction, date_kind, known_at, run_id
