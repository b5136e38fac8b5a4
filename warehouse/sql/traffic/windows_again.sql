-- flags slots in stated maintenance windows, and takes the flag from slots whose window was withdrawn or moved
update core.traffic_sample s
set flag = d.flag
from (
    with inside as (
        select distinct t.interface_key, t.slot_start, t.slot_minutes
        from core.traffic_sample t
        join maintenance_window w on w.interface_key = t.interface_key and t.slot_start < w.end_at and t.slot_start + to_minutes(t.slot_minutes) > w.start_at
        where t.slot_start >= (select min(start_at) - interval 1 day from maintenance_window) and t.slot_start < (select max(end_at) from maintenance_window)
    )
    select interface_key, slot_start, slot_minutes, 'maintenance'::core.slot_flag as flag
    from inside
    union all
    select
        t.interface_key, t.slot_start, t.slot_minutes,
        case
            when t.in_bps is null and t.out_bps is null then 'gap'::core.slot_flag
            when t.in_bps > p.speed_bps or t.out_bps > p.speed_bps then 'over_speed'::core.slot_flag
            else 'ok'::core.slot_flag
        end
    from core.traffic_sample t
    left join port p on p.interface_key = t.interface_key and t.slot_start >= p.from_at and t.slot_start < p.until_at
    anti join inside i on i.interface_key = t.interface_key and i.slot_start = t.slot_start and i.slot_minutes = t.slot_minutes
    where t.flag = 'maintenance'
) d
where s.interface_key = d.interface_key and s.slot_start = d.slot_start and s.slot_minutes = d.slot_minutes
    and s.flag <> d.flag and s.flag in ('ok', 'over_speed', 'gap', 'outlier', 'censored', 'maintenance');
