-- one row per event_id
create view mart.event as
with latest as (
    from core.event
    qualify row_number() over (partition by event_id order by known_at desc, correction desc) = 1
)
select event_id, start_at, end_at, kind, scope_kind, scope_id, effect, simulated, source, confidence, known_at
from latest
where not withdrawn;
comment on view mart.event is 'Something dated that changed traffic. As known now.';
comment on column mart.event.event_id is 'the event';
comment on column mart.event.start_at is 'when it began [UTC]';
comment on column mart.event.end_at is 'when it ended; empty: one-off or open [UTC]';
comment on column mart.event.kind is 'cut, shutdown, level_shift, migration, maintenance, regulation, price, surge or other';
comment on column mart.event.scope_kind is 'route, segment, interface, country or all';
comment on column mart.event.scope_id is 'what it touched; '''' for all';
comment on column mart.event.effect is 'what was seen';
comment on column mart.event.simulated is 'true where it exists only in simulated traffic';
comment on column mart.event.source is 'where the row comes from';
comment on column mart.event.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column mart.event.known_at is 'when this became known [UTC]';
