-- one row per port that has samples
create or replace temp table port_route as
select k.interface_key, n.route_key, i.time_zone
from mart.interface i join core.interface_key k using (interface_id) join route_number n using (route_id);
