-- one row per node_id
create view mart.node as
with latest as (
    from core.node
    qualify row_number() over (partition by node_id order by known_at desc, correction desc) = 1
)
select node_id, name, name_ru, country, lat, lon, kind, source, confidence, known_at,
    coalesce(confidence = 'BG', false) as assumed
from latest
where not withdrawn;
