-- one row per route: the zone its clock hours are told in
select route_key, min(time_zone) as time_zone from port_route group by route_key order by route_key;
