-- flags of the load's slots of ports whose speed changed or is not known at all times
update core.traffic_sample s
set flag = case when s.in_bps > p.speed_bps or s.out_bps > p.speed_bps then 'over_speed'::core.slot_flag else 'ok'::core.slot_flag end
from port p
where s.batch_id = $batch_id and s.flag in ('ok', 'over_speed') and s.interface_key = p.interface_key
    and s.slot_start >= p.from_at and s.slot_start < p.until_at
    and p.interface_key in (
        select interface_key from port group by interface_key having count(distinct coalesce(speed_bps, 0)) > 1
    )
    and s.flag <> case when s.in_bps > p.speed_bps or s.out_bps > p.speed_bps then 'over_speed'::core.slot_flag else 'ok'::core.slot_flag end;
