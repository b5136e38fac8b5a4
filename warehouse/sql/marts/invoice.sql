-- one row per direction and convention: what a month of a route is billed at, the month cut in a zone
create macro mart.invoice(of_route, of_month, in_zone) as table
with bounds as (
    select timezone(in_zone, of_month::date::timestamp) as from_at, timezone(in_zone, (of_month::date + interval 1 month)::timestamp) as until_at
),
slot as (
    -- Two values of a slot are of parallel ports: whether they add up is not stated.
    select
        s.slot_minutes, s.slot_start, epoch(b.until_at - b.from_at) / 60 as minutes,
        any_value(s.p95_in_bps) as in_bps, any_value(s.p95_out_bps) as out_bps
    from mart.traffic_slot s
    cross join bounds b
    where s.route_id = of_route and s.slot_start >= b.from_at and s.slot_start < b.until_at
        and (s.p95_in_bps is not null or s.p95_out_bps is not null)
    group by all
    having count(*) = 1
),
length as (
    select slot_minutes from slot group by slot_minutes order by count(*) * slot_minutes desc, slot_minutes limit 1
),
way as (
    select unnest(['in', 'out', 'sum']) as direction, unnest([in_bps, out_bps, in_bps + out_bps]) as bps, (minutes / slot_minutes)::bigint as expected, slot_minutes
    from slot semi join length using (slot_minutes)
),
month as (
    select direction, list_sort(list(bps)) as v, count(*) as n, max(expected) as expected, greatest(max(expected) - count(*), 0) as missing, max(slot_minutes)::bigint as slot_minutes
    from way where bps is not null
    group by direction
),
-- Lists count from 1, and a place below 1 is a slot that is missing.
placed as (
    select *, unnest([
        {'convention': 'billing', 'place': (95 * n + 99) // 100},
        {'convention': 'percent', 'place': (95 * (n + missing - 1) + 50) // 100 + 1 - missing},
        {'convention': 'percent_nan', 'place': (95 * (n - 1) + 50) // 100 + 1},
        {'convention': 'librenms', 'place': greatest(1, (95 * n + 50) // 100)},
        {'convention': 'fixed_month', 'place': n - 30 * 1440 // slot_minutes * 5 // 100},
        {'convention': 'zero_filled', 'place': (95 * (n + missing) + 99) // 100 - missing}
    ], recursive := true)
    from month
),
said as (
    select direction, convention, case when place >= 1 then v[place] when convention = 'zero_filled' then 0 end as value_bps, n, expected, slot_minutes from placed
    union all
    select
        direction, 'interpolated',
        v[1 + 95 * (n - 1) // 100] + (v[least(n, 2 + 95 * (n - 1) // 100)] - v[1 + 95 * (n - 1) // 100]) * (95 * (n - 1) % 100) / 100,
        n, expected, slot_minutes
    from month
    union all
    select direction, 'mean', list_avg(v), n, expected, slot_minutes from month
)
select
    convention, direction, value_bps, n as valid_slots, expected as expected_slots, slot_minutes,
    (select bool_or(simulated) from mart.route where route_id = of_route) as simulated
from (
    from said
    union all
    select 'max', convention, max(value_bps), arg_max(n, value_bps), max(expected), max(slot_minutes)
    from said where direction in ('in', 'out')
    group by convention
);
