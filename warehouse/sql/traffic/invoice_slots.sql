-- one row per valid slot of a route in a month, of the length that has most of the month, and how many ports or bundles measured it
with bounds as (
    select timezone($zone, $month::date::timestamp) as from_at, timezone($zone, ($month::date + interval 1 month)::timestamp) as until_at
),
slot as (
    select
        s.slot_minutes, s.slot_start, (b.until_at - b.from_at) as span,
        any_value(s.p95_in_bps) as in_bps, any_value(s.p95_out_bps) as out_bps, count(*) as ports
    from mart.traffic_slot s
    cross join bounds b
    where s.route_id = $route_id and s.slot_start >= b.from_at and s.slot_start < b.until_at
        and (s.p95_in_bps is not null or s.p95_out_bps is not null)
    group by all
),
length as (
    select slot_minutes from slot group by slot_minutes order by count(*) * slot_minutes desc, slot_minutes limit 1
)
select
    slot_start, in_bps, out_bps, ports, slot_minutes::bigint as slot_minutes,
    (epoch(span) / 60 / slot_minutes)::bigint as expected
from slot semi join length using (slot_minutes)
order by slot_start;
