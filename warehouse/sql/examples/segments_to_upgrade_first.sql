-- Which five segments must be upgraded first, and why?
select segment_id, order_by, ready_by, overdue_months, modules, module_gbps, reason, assumed, simulated
from mart.order_plan
where order_seq = 1 and order_by is not null
order by order_by, segment_id
limit 5
