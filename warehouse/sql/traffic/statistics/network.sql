-- one row per route and port: what statistics depend on besides samples
select n.route_id, n.market, n.corridor, n.simulated, k.interface_id, p.time_zone, path.segments
from route_number n
join port_route p using (route_key)
join core.interface_key k using (interface_key)
left join (select route_id, string_agg(segment_id, ' ' order by seq) as segments from mart.route_path where rank = 1 group by route_id) path using (route_id)
order by all;
