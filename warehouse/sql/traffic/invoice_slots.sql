-- one row per valid slot of a route in a month, of the length that has most of the month; where ports overlap, the first by priority
with bounds as (
    select timezone($zone, $month::date::timestamp) as from_at, timezone($zone, ($month::date + interval 1 month)::timestamp) as until_at
),
slot as (
    select
        s.slot_minutes, s.slot_start, (b.until_at - b.from_at) as span,
        arg_min(s.in_bps, (i.priority, i.interface_id)) as in_bps, arg_min(s.out_bps, (i.priority, i.interface_id)) as out_bps
    from core.traffic_sample s
    join core.slot_rule r on r.flag = s.flag and r.in_p95
    join core.interface_key k using (interface_key)
    join mart.interface i using (interface_id)
    cross join bounds b
    where i.route_id = $route_id and s.slot_start >= b.from_at and s.slot_start < b.until_at
    group by all
),
length as (
    select slot_minutes from slot group by slot_minutes order by count(*) * slot_minutes desc, slot_minutes limit 1
)
select
    slot_start, in_bps, out_bps, slot_minutes::bigint as slot_minutes,
    (epoch(span) / 60 / slot_minutes)::bigint as expected
from slot semi join length using (slot_minutes)
order by slot_start;
