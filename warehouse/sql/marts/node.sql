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
comment on view mart.node is 'A city, landing station or border crossing. As known now.';
comment on column mart.node.node_id is 'the node';
comment on column mart.node.name is 'English name';
comment on column mart.node.name_ru is 'Russian name';
comment on column mart.node.country is 'ISO 3166 alpha-2; ZZ: unknown';
comment on column mart.node.lat is 'latitude, WGS 84; empty: unknown [degree]';
comment on column mart.node.lon is 'longitude, WGS 84; empty: unknown [degree]';
comment on column mart.node.kind is 'city_pop, landing_station, border_crossing or external_hub';
comment on column mart.node.source is 'where the row comes from';
comment on column mart.node.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column mart.node.known_at is 'when this became known [UTC]';
comment on column mart.node.assumed is 'true where no source confirms it (confidence BG)';
