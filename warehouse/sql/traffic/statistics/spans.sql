-- one row per route: when its samples begin and end
create or replace temp table route_span as
select
    p.route_key, min(e.first_slot) as first_slot, max(e.last_slot) as last_slot
from core.batch_extent e join port_route p using (interface_key)
group by p.route_key;
