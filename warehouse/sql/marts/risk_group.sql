-- one row per risk_group_id, segment_id
create view mart.risk_group as
with latest as (
    from core.risk_group
    qualify row_number() over (partition by risk_group_id, segment_id order by known_at desc, correction desc) = 1
)
select risk_group_id, kind, name, segment_id, assumed, source, known_at
from latest
where not withdrawn;
comment on view mart.risk_group is 'Segments that fail together. As known now.';
comment on column mart.risk_group.risk_group_id is 'the group';
comment on column mart.risk_group.kind is 'trench, crossing, country or operator';
comment on column mart.risk_group.name is 'what they share';
comment on column mart.risk_group.segment_id is 'a member';
comment on column mart.risk_group.assumed is 'true where the value is an assumption, not a fact';
comment on column mart.risk_group.source is 'where the row comes from';
comment on column mart.risk_group.known_at is 'when this became known [UTC]';
