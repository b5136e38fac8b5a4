-- error: The runout dates of a segment are out of order. Do not publish this run; report it.
select run_id, segment_id, direction, date_kind, t10, t50, t90, last_target
from mart.runout
where t10 > t50 or t50 > t90 or t10 > t90 or greatest(t10, t50, t90) > last_target or (t10 is null and t50 is not null) or (t50 is null and t90 is not null)
order by all
