-- What do the plans assume that nobody measured?
select 'assumption' as kind, name || ' (' || scope || ')' as what, value, unit, source, confidence
from mart.assumption
union all
select 'capacity', segment_id || ' from ' || valid_from, lit_gbps, 'Gbit/s', source, confidence
from mart.capacity
where assumed
order by kind, what
