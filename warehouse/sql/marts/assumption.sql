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
