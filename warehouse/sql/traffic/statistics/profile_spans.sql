-- one row per month of the last 12 with samples, the first of which begins within it: its bounds, whether it is whole and over, so that
-- its sums are kept, and whether they have to be made: they are not kept yet, or loads after the last pass touched it
create or replace temp table profile_span as
with month as (
    select unnest(generate_series(date_trunc('month', timezone($zone, $from_at)), timezone($zone, $last_at), interval 1 month)) as local_start
),
bound as (
    select local_start::date as period_start, timezone($zone, local_start) as month_at, timezone($zone, local_start + interval 1 month) as until_at from month
)
select
    period_start, greatest(month_at, $from_at) as from_at, until_at,
    month_at >= $from_at and until_at <= $last_at as kept,
    not kept or $after_batch is null or period_start not in (select period_start from ops.profile_sum)
        or exists (from core.batch_extent e where e.batch_id > $after_batch and e.first_slot < until_at and e.last_slot >= month_at) as made
from bound
where exists (from core.batch_extent e where e.first_slot < until_at and e.last_slot >= month_at);
