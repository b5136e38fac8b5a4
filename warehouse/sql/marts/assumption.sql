-- one row per assumption_id
create view mart.assumption as
with latest as (
    from core.assumption
    qualify row_number() over (partition by assumption_id order by known_at desc, correction desc) = 1
)
select assumption_id, name, scope, low, value, high, unit, source, author, confidence, known_at,
    true as assumed
from latest
where not withdrawn;
comment on view mart.assumption is 'A number a plan needs and nobody measured. As known now.';
comment on column mart.assumption.assumption_id is 'the assumption';
comment on column mart.assumption.name is 'what is assumed, such as lead_time';
comment on column mart.assumption.scope is 'all, segment:ID, route:ID, market:ID, project:ID, module:GBPS, option:NAME';
comment on column mart.assumption.low is 'low end (P10) [see unit]';
comment on column mart.assumption.value is 'most likely [see unit]';
comment on column mart.assumption.high is 'high end (P90) [see unit]';
comment on column mart.assumption.unit is 'its unit';
comment on column mart.assumption.source is 'where the row comes from';
comment on column mart.assumption.author is 'who stands for it';
comment on column mart.assumption.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column mart.assumption.known_at is 'when it was stated [UTC]';
comment on column mart.assumption.assumed is 'always true: what nobody measured';
