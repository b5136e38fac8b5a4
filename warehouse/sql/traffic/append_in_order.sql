-- writes slots that stand in the order of interface and time already, each with its flag
insert into core.traffic_sample
select
    f.interface_key,
    make_timestamptz(f.slot_us),
    f.in_bps,
    f.out_bps,
    case
        when f.in_bps is null and f.out_bps is null then 'gap'
        when f.in_bps > p.speed_bps or f.out_bps > p.speed_bps then 'over_speed'
        else 'ok'
    end,
    $slot_minutes,
    $batch_id
from fresh_slot f left join port p using (interface_key);
