-- one row per port that has samples; zones are numbered, because a join on numbers takes half the time of one on words
create or replace temp table port_route as
select k.interface_key, n.route_key, i.time_zone, dense_rank() over (order by i.time_zone)::integer as zone_key
from mart.interface i join core.interface_key k using (interface_id) join route_number n using (route_id);
