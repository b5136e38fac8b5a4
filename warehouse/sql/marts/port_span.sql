-- one row per port and time in which its route, speed and bundle, and the bundle's members, are the same
create view mart.port_span as
with begun as (
    select
        k.interface_key, i.interface_id, i.route_id, i.bundle, i.priority,
        i.speed_gbps, i.time_zone, i.simulated,
        coalesce(timezone(i.time_zone, i.valid_from::timestamp), timestamptz '0001-01-01 00:00:00+00') as from_at
    from mart.interface as i
    join core.interface_key as k using (interface_id)
),
-- An entry ends where the next one of its port begins, in that one's time zone.
dated as (
    select
        *,
        lead(from_at, 1, timestamptz '9999-12-31 00:00:00+00') over (
            partition by interface_id order by from_at
        ) as until_at
    from begun
),
edge as (
    select distinct route_id, bundle, unnest([from_at, until_at]) as edge_at
    from dated
    where bundle is not null
),
piece as (
    select
        route_id, bundle, edge_at as from_at,
        lead(edge_at) over (partition by route_id, bundle order by edge_at) as until_at
    from edge
),
split as (
    select * replace (null::varchar as bundle), 1 as members from dated where bundle is null
    union all
    select
        d.* replace (p.from_at as from_at, p.until_at as until_at),
        count(*) over (partition by d.route_id, d.bundle, p.from_at) as members
    from dated as d
    join piece as p
        on p.route_id = d.route_id and p.bundle = d.bundle
        and d.from_at <= p.from_at and d.until_at >= p.until_at
)
select
    *,
    dense_rank() over (order by route_id)::integer as route_key,
    dense_rank() over (order by time_zone)::integer as zone_key
from split;
