-- one row per segment_id
create view mart.segment as
with latest as (
    from core.segment
    qualify row_number() over (partition by segment_id order by known_at desc, correction desc) = 1
)
select
    segment_id, a_node, z_node, length_km, status, operators, in_service_from, assumed, source, confidence,
    known_at
from latest
where not withdrawn;
