-- one row per grain and period that samples touch: its bounds in UTC
create or replace temp table period as
with reach as (
    select timezone($zone, min(first_slot)) as first_local, timezone($zone, max(last_slot)) as last_local from route_span
),
start as (
    select 'month' as grain, unnest(generate_series(date_trunc('month', first_local)::timestamp, last_local, interval 1 month))::date as period_start, interval 1 month as length from reach
    union all
    select 'week', unnest(generate_series(date_trunc('week', first_local)::timestamp, last_local, interval 7 day))::date, interval 7 day from reach
    union all
    select 'day', unnest(generate_series(date_trunc('day', first_local)::timestamp, last_local, interval 1 day))::date, interval 1 day from reach
    union all
    select 'year', unnest(generate_series(date_trunc('year', first_local)::timestamp, last_local, interval 1 year))::date, interval 1 year from reach
)
select
    grain, period_start, timezone($zone, period_start::timestamp) as from_at, timezone($zone, period_start + length) as until_at
from start
where grain in (select unnest($grains::varchar[]));
