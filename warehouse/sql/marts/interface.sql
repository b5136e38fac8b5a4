-- one row per interface_id
create view mart.interface as
with latest as (
    from core.interface
    qualify row_number() over (partition by interface_id order by known_at desc, correction desc) = 1
)
select interface_id, route_id, speed_gbps, time_zone, priority, aliases, latest.known_at,
    coalesce(route.simulated, false) as simulated
from latest
left join mart.route as route using (route_id)
where not latest.withdrawn;
