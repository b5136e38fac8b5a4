-- warning: A number that plans rest on has no source. Say in assumptions.csv where it comes from.
select assumption_id, name, scope, value, unit
from mart.assumption
where source is null and author is null
order by assumption_id
