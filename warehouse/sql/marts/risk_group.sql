-- one row per risk_group_id, segment_id
create view mart.risk_group as
with latest as (
    from core.risk_group
    qualify row_number() over (partition by risk_group_id, segment_id order by known_at desc, correction desc) = 1
)
select risk_group_id, kind, name, segment_id, assumed, source, known_at
from latest
where not withdrawn;
