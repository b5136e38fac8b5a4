-- one row per interface_id and valid_from
create view mart.interface as
with latest as (
    from core.interface
    qualify row_number() over (
        partition by interface_id, valid_from order by known_at desc, correction desc
    ) = 1
)
select
    interface_id, route_id, speed_gbps, time_zone, priority, aliases, valid_from,
    lead(valid_from) over (
        partition by interface_id order by valid_from nulls first
    ) as valid_until,
    bundle, latest.known_at, coalesce(route.simulated, false) as simulated
from latest
left join mart.route as route using (route_id)
where not latest.withdrawn;
