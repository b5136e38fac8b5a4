-- one row per period at hand: the shortest slot its p95s are made from
select r.period_start, min(r.slot_minutes) as slot_minutes
from (select route_key, period_start, max(slot_minutes) as slot_minutes from route_period where statistic = 'p95' group by all) r
group by r.period_start
order by r.period_start;
