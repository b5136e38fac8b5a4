-- one row per segment_id, valid_from
create view mart.capacity as
with latest as (
    from core.capacity
    qualify row_number() over (partition by segment_id, valid_from order by known_at desc, correction desc) = 1
)
select segment_id, valid_from, lit_gbps, design_gbps, assumed, source, confidence, known_at
from latest
where not withdrawn;
comment on view mart.capacity is 'Capacity of a segment from a date on, each direction. As known now.';
comment on column mart.capacity.segment_id is 'the segment';
comment on column mart.capacity.valid_from is 'first day it holds [date]';
comment on column mart.capacity.lit_gbps is 'usable lit capacity, each direction [Gbit/s]';
comment on column mart.capacity.design_gbps is 'capacity the line system was designed for [Gbit/s]';
comment on column mart.capacity.assumed is 'true where the value is an assumption, not a fact';
comment on column mart.capacity.source is 'where the row comes from';
comment on column mart.capacity.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column mart.capacity.known_at is 'when this became known [UTC]';
