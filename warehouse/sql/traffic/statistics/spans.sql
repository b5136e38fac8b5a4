-- one row per route: when its samples begin and end
create or replace temp table route_span as
select
    p.route_key, min(greatest(e.first_slot, p.from_at)) as first_slot, max(least(e.last_slot, p.until_at)) as last_slot
from core.batch_extent e
join port_route p on p.interface_key = e.interface_key and e.first_slot < p.until_at and e.last_slot >= p.from_at
group by p.route_key;
