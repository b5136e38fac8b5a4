-- one row per route and slot length of a period: statistics of each direction. Means are made of whole eighths of a bit/s: whole numbers add up
-- to the same in any order, and rows lie in another one after a load that was stopped, or are taken by more threads
insert into route_sum
with slot as (
    select
        route_key, slot_minutes,
        (mean_in_bps * 8)::bigint as eighths_in, (mean_out_bps * 8)::bigint as eighths_out,
        p95_in_bps as p95_in, p95_out_bps as p95_out,
        case when censored then p95_in_bps end as censored_in, case when censored then p95_out_bps end as censored_out
    from mart.traffic_slot
    where slot_start >= $from_at and slot_start < $until_at
)
select
    route_key, $period_start, slot_minutes, $from_at, $until_at,
    sum(eighths_in) / 8.0 / count(eighths_in), sum(eighths_out) / 8.0 / count(eighths_out),
    quantile_disc(p95_in, 0.95), quantile_disc(p95_out, 0.95),
    count(eighths_in), count(eighths_out), count(p95_in), count(p95_out), count(censored_in), count(censored_out)
from slot
group by route_key, slot_minutes;
