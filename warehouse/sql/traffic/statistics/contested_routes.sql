-- one row per route with ports of one priority in the same slots
select route_id, ports from contested join route_number using (route_key) order by route_id;
