-- one row per quarter of an hour of the periods at hand: the period it belongs to
create or replace temp table clock as
select
    epoch_us(quarter) // 900000000 as quarter, period_start, from_at, until_at
from (
    select period_start, from_at, until_at, unnest(generate_series(from_at, until_at - interval 15 minute, interval 15 minute)) as quarter
    from touched
    where grain = $grain and period_start between $first and $last
);
