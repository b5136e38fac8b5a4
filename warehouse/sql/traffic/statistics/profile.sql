-- adds the mean by local weekday and hour over the last 12 months with samples
insert into core.traffic_profile
with part as (
    select * from ops.profile_sum
    union all
    select * from profile_part where period_start in (select period_start from profile_span where not kept)
),
hourly as (
    select
        h.route_id, h.weekday, h.hour,
        sum(h.sum_in_bps) as sum_in, sum(h.slots_in) as slots_in, sum(h.sum_out_bps) as sum_out, sum(h.slots_out) as slots_out
    from part h
    group by all
),
way as (
    select route_id, 'in' as direction, weekday, hour, sum_in as sum_bps, slots_in as slots from hourly
    union all
    select route_id, 'out', weekday, hour, sum_out, slots_out from hourly
)
select w.route_id, w.direction, w.weekday, w.hour, w.sum_bps / w.slots / 1e9, $known_at, $version
from way w
where w.slots > 0
order by w.route_id, w.direction, w.weekday, w.hour;
