-- adds the sums of a month by local weekday and hour, of whole eighths of a bit/s, as in route_sums
insert into profile_part
select
    n.route_id, $period_start, h.weekday, h.hour,
    h.eighths_in / 8.0, h.slots_in, h.eighths_out / 8.0, h.slots_out
from (
    select
        t.route_key, l.weekday, l.hour,
        sum((t.mean_in_bps * 8)::bigint) as eighths_in, count(t.mean_in_bps) as slots_in,
        sum((t.mean_out_bps * 8)::bigint) as eighths_out, count(t.mean_out_bps) as slots_out
    from mart.traffic_slot t
    join local_hour l on l.moment = epoch_us(t.slot_start) // 900000000 * 1000 + t.zone_key
    where t.slot_start >= $from_at and t.slot_start < $until_at and t.slot_minutes <= 60
    group by all
) h
join route_number n using (route_key)
where n.route_key not in (select route_key from contested) and (h.slots_in > 0 or h.slots_out > 0);
