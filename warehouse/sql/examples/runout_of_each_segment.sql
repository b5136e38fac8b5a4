-- When does each segment run out, in the worst failure and with none at all?
select segment_id, direction, date_kind, failure_id, t10, t50, t90, last_target, probability_by_last, assumed, simulated
from mart.runout
order by t50 nulls last, segment_id, direction, date_kind
