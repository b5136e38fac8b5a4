-- one row per segment_id, valid_from
create view mart.capacity as
with latest as (
    from core.capacity
    qualify row_number() over (partition by segment_id, valid_from order by known_at desc, correction desc) = 1
)
select segment_id, valid_from, lit_gbps, design_gbps, assumed, source, confidence, known_at
from latest
where not withdrawn;
