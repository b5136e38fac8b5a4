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
comment on view mart.interface is 'A measured port that carries a route, at the route''s a_node. As known now.';
comment on column mart.interface.interface_id is 'the port';
comment on column mart.interface.route_id is 'the route it carries';
comment on column mart.interface.speed_gbps is 'recorded port speed [Gbit/s]';
comment on column mart.interface.time_zone is 'IANA zone of the busy hour';
comment on column mart.interface.priority is '1 wins where two ports measure the same route slot';
comment on column mart.interface.aliases is 'other names in sources, separated by ;';
comment on column mart.interface.known_at is 'when this became known [UTC]';
comment on column mart.interface.simulated is 'true where the route''s traffic is simulated';
