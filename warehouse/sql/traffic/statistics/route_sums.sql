-- one row per route and slot length of a period: statistics of each direction. Means are made of whole eighths of a bit/s: whole numbers add up
-- to the same in any order, and rows lie in another one after a load that was stopped, or are taken by more threads
insert into route_sum
with slot as (
    -- What does not count is empty, once a slot: a filter in each sum would take longer.
    select
        p.route_key, s.slot_minutes,
        case when r.in_mean then (s.in_bps * 8)::bigint end as eighths_in,
        case when r.in_mean then (s.out_bps * 8)::bigint end as eighths_out,
        case when r.in_p95 then s.in_bps end as p95_in,
        case when r.in_p95 then s.out_bps end as p95_out,
        case when s.flag = 'censored' then s.in_bps end as censored_in,
        case when s.flag = 'censored' then s.out_bps end as censored_out
    from core.traffic_sample s
    join port_route p using (interface_key)
    join core.slot_rule r on r.flag = s.flag
    where s.slot_start >= $from_at and s.slot_start < $until_at
)
select
    route_key, $period_start, slot_minutes, $from_at, $until_at,
    sum(eighths_in) / 8.0 / count(eighths_in), sum(eighths_out) / 8.0 / count(eighths_out),
    quantile_disc(p95_in, 0.95), quantile_disc(p95_out, 0.95),
    count(eighths_in), count(eighths_out), count(p95_in), count(p95_out), count(censored_in), count(censored_out)
from slot
group by route_key, slot_minutes;
