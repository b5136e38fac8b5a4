-- adds the sums of a month by local weekday and hour, of whole eighths of a bit/s, as in route_sums
insert into profile_part
select
    s.interface_key, $period_start, h.weekday, h.hour,
    sum((s.in_bps * 8)::bigint) / 8.0, count(s.in_bps), sum((s.out_bps * 8)::bigint) / 8.0, count(s.out_bps)
from core.traffic_sample s
join port_route p using (interface_key)
join core.slot_rule r on r.flag = s.flag and r.in_mean
join local_hour h on h.moment = epoch_us(s.slot_start) // 900000000 * 1000 + p.zone_key
where s.slot_start >= $from_at and s.slot_start < $until_at and s.slot_minutes <= 60
group by all;
