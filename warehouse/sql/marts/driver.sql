-- one row per driver_id, scope_kind, scope_id, period_start
create view mart.driver as
with latest as (
    from core.driver
    qualify row_number() over (partition by driver_id, scope_kind, scope_id, period_start order by known_at desc, correction desc) = 1
)
select driver_id, scope_kind, scope_id, period_start, value, unit, assumed, source, confidence, known_at
from latest
where not withdrawn;
