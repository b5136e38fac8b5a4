-- one row per route and time of a port: what statistics depend on besides samples
select
    n.route_id, n.market, n.corridor, n.simulated, p.interface_id, p.time_zone, p.bundle, p.members, p.priority, p.speed_gbps,
    p.from_at::varchar as from_at, p.until_at::varchar as until_at, path.segments
from route_number n
join mart.port_span p using (route_key)
left join (select route_id, string_agg(segment_id, ' ' order by seq) as segments from mart.route_path where rank = 1 group by route_id) path
    on path.route_id = n.route_id
order by all;
