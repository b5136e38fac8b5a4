-- one row per port and end of its route
create or replace temp table port_node as
select p.interface_key, unnest([r.a_node, r.z_node]) as node_id
from port p join mart.route r using (route_id);
