-- one row per route and slot that counts in a statistic: the rate of its port, or the sum of its bundle
create view mart.traffic_slot as
with alone as (
    -- What does not count is empty, once a slot: a filter in each sum would take longer.
    select
        p.route_id, p.route_key, p.zone_key, s.slot_start, s.slot_minutes,
        case when r.in_mean then s.in_bps end as mean_in_bps,
        case when r.in_mean then s.out_bps end as mean_out_bps,
        case when r.in_p95 then s.in_bps end as p95_in_bps,
        case when r.in_p95 then s.out_bps end as p95_out_bps,
        s.flag = 'censored' as censored,
        p.bundle, p.interface_key, p.simulated
    from core.traffic_sample as s
    join mart.port_span as p
        on p.interface_key = s.interface_key
        and s.slot_start >= p.from_at and s.slot_start < p.until_at
    join core.slot_rule as r on r.flag = s.flag
    where p.bundle is null
),
-- Rates in whole eighths of a bit/s: whole numbers add up to the same in any order.
bundled as (
    select
        p.route_id, p.route_key, min(p.zone_key) as zone_key, s.slot_start, s.slot_minutes,
        any_value(p.members) as members,
        sum(case when r.in_mean then (s.in_bps * 8)::bigint end) / 8.0 as mean_in,
        sum(case when r.in_mean then (s.out_bps * 8)::bigint end) / 8.0 as mean_out,
        sum(case when r.in_p95 then (s.in_bps * 8)::bigint end) / 8.0 as p95_in,
        sum(case when r.in_p95 then (s.out_bps * 8)::bigint end) / 8.0 as p95_out,
        count(case when r.in_mean then s.in_bps end) as members_mean_in,
        count(case when r.in_mean then s.out_bps end) as members_mean_out,
        count(case when r.in_p95 then s.in_bps end) as members_p95_in,
        count(case when r.in_p95 then s.out_bps end) as members_p95_out,
        bool_or(s.flag = 'censored') as censored,
        p.bundle, min(p.interface_key) as interface_key, any_value(p.simulated) as simulated
    from core.traffic_sample as s
    join mart.port_span as p
        on p.interface_key = s.interface_key
        and s.slot_start >= p.from_at and s.slot_start < p.until_at
    join core.slot_rule as r on r.flag = s.flag
    where p.bundle is not null
    group by p.route_id, p.route_key, p.bundle, s.slot_start, s.slot_minutes
)
from alone
union all
select
    route_id, route_key, zone_key, slot_start, slot_minutes,
    case when members_mean_in = members then mean_in end,
    case when members_mean_out = members then mean_out end,
    case when members_p95_in = members then p95_in end,
    case when members_p95_out = members then p95_out end,
    censored, bundle, interface_key, simulated
from bundled;
