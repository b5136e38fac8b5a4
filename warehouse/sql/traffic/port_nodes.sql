-- one row per port, time and end of its route then
create or replace temp table port_node as
select distinct p.interface_key, unnest([r.a_node, r.z_node]) as node_id, p.from_at, p.until_at
from port p join mart.route r using (route_id);
