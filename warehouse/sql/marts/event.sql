-- one row per event_id
create view mart.event as
with latest as (
    from core.event
    qualify row_number() over (partition by event_id order by known_at desc, correction desc) = 1
)
select event_id, start_at, end_at, kind, scope_kind, scope_id, effect, simulated, source, confidence, known_at
from latest
where not withdrawn;
