-- one row per driver_id, scope_kind, scope_id, period_start
create view mart.driver as
with latest as (
    from core.driver
    qualify row_number() over (partition by driver_id, scope_kind, scope_id, period_start order by known_at desc, correction desc) = 1
)
select driver_id, scope_kind, scope_id, period_start, value, unit, assumed, source, confidence, known_at
from latest
where not withdrawn;
comment on view mart.driver is 'A quantity that moves traffic, known or assumed beyond the last measured period. As known now.';
comment on column mart.driver.driver_id is 'the quantity, such as subscribers';
comment on column mart.driver.scope_kind is 'route, country or all';
comment on column mart.driver.scope_id is 'whose traffic it moves; '''' for all';
comment on column mart.driver.period_start is 'the day the value holds for; between days its log is interpolated [date]';
comment on column mart.driver.value is 'the quantity, above 0 [see unit]';
comment on column mart.driver.unit is 'its unit';
comment on column mart.driver.assumed is 'true where the value is an assumption, not a fact';
comment on column mart.driver.source is 'where the row comes from';
comment on column mart.driver.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column mart.driver.known_at is 'when this became known [UTC]';
