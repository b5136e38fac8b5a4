-- one row per route_id
create view mart.route as
with latest as (
    from core.route
    qualify row_number() over (partition by route_id order by known_at desc, correction desc) = 1
)
select route_id, name, name_ru, a_node, z_node, market, corridor, simulated, known_at
from latest
where not withdrawn;
comment on view mart.route is 'An end-to-end transit service over ranked paths of segments. As known now.';
comment on column mart.route.route_id is 'the route';
comment on column mart.route.name is 'English name';
comment on column mart.route.name_ru is 'Russian name';
comment on column mart.route.a_node is 'the end its interfaces are measured at';
comment on column mart.route.z_node is 'the far end';
comment on column mart.route.market is 'country pair whose demand it carries, such as KZ-DE';
comment on column mart.route.corridor is 'family of markets';
comment on column mart.route.simulated is 'true where its traffic is simulated';
comment on column mart.route.known_at is 'when this became known [UTC]';
