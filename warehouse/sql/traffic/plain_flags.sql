-- takes the flags that the network decides back to what speed and values alone say
update core.traffic_sample s
set flag = d.flag
from (
    select
        t.interface_key, t.slot_start, t.slot_minutes,
        case
            when t.in_bps is null and t.out_bps is null then 'gap'::core.slot_flag
            when t.in_bps > p.speed_bps or t.out_bps > p.speed_bps then 'over_speed'::core.slot_flag
            else 'ok'::core.slot_flag
        end as flag
    from core.traffic_sample t
    left join port p on p.interface_key = t.interface_key and t.slot_start >= p.from_at and t.slot_start < p.until_at
    where t.flag in ('ok', 'over_speed', 'duplicate_source')
) d
where s.interface_key = d.interface_key and s.slot_start = d.slot_start and s.slot_minutes = d.slot_minutes and s.flag <> d.flag
    and s.flag in ('ok', 'over_speed', 'duplicate_source');
