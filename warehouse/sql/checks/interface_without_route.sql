-- warning: Samples were loaded for a port that carries no known route, so no statistic counts them. Add it to interfaces.csv.
select interface_key.interface_id, sum(batch_extent.slots) as slots, min(batch_extent.first_slot) as first_slot
from core.batch_extent as batch_extent
join core.interface_key as interface_key using (interface_key)
anti join mart.interface as interface on interface.interface_id = interface_key.interface_id
group by interface_key.interface_id
order by interface_key.interface_id
