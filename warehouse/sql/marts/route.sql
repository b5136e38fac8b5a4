-- one row per route_id
create view mart.route as
with latest as (
    from core.route
    qualify row_number() over (partition by route_id order by known_at desc, correction desc) = 1
)
select route_id, name, name_ru, a_node, z_node, market, corridor, simulated, known_at
from latest
where not withdrawn;
