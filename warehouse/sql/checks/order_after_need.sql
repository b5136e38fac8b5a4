-- error: An order is to be placed after the day it must carry traffic. Check the lead time in assumptions.csv; if it is right, report it.
select run_id, segment_id, order_seq, order_by, ready_by
from mart.order_plan
where order_by > ready_by
order by all
