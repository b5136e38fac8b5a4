-- one row per port: what its slots are checked against
create or replace temp table port as
select k.interface_key, i.interface_id, i.route_id, i.priority, i.speed_gbps * 1e9 as speed_bps
from mart.interface i join core.interface_key k using (interface_id);
