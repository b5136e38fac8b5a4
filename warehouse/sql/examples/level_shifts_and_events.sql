-- Where did traffic jump for good, and which event explains it?
select shift.series_id, shift.direction, shift.statistic, shift.period_start, shift.size_ratio, shift.handled, event.kind, event.effect, event.source, shift.simulated
from mart.level_shift as shift
left join mart.event as event using (event_id)
order by shift.period_start desc, shift.series_id, shift.direction, shift.statistic
