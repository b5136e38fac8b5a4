-- one row per route_id, direction, weekday, hour
create view mart.traffic_profile as
with latest as (
    from core.traffic_profile
    qualify version = max(version) over (partition by route_id, direction)
)
select
    latest.route_id, latest.direction, latest.weekday, latest.hour, latest.mean_gbps,
    coalesce(route.simulated, false) as simulated, latest.known_at
from latest
left join mart.route using (route_id)
where latest.route_id in (select route_id from mart.interface)
    and latest.route_id not in (
        select series_id from mart.traffic_latest
        where series_kind = 'route' and reason_code = 'period.parallel_ports'
    );
