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
comment on view mart.segment is 'One physical line between two nodes. As known now.';
comment on column mart.segment.segment_id is 'the segment';
comment on column mart.segment.a_node is 'one end';
comment on column mart.segment.z_node is 'the other end';
comment on column mart.segment.length_km is 'length of the line [km]';
comment on column mart.segment.status is 'in_service, under_construction, planned, mou or unknown';
comment on column mart.segment.operators is 'who owns or runs it';
comment on column mart.segment.in_service_from is 'first day in service; empty: always was [date]';
comment on column mart.segment.assumed is 'true where the value is an assumption, not a fact';
comment on column mart.segment.source is 'where the row comes from';
comment on column mart.segment.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column mart.segment.known_at is 'when this became known [UTC]';
