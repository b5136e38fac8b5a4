-- writes slots that stand in the order of interface and time already, each with its flag
insert into core.traffic_sample
select
    interface_key,
    make_timestamptz(slot_us),
    in_bps,
    out_bps,
    -- Typed words and a list of speeds: a word cast row by row and a join with the ports would double the time this takes.
    case
        when in_bps is null and out_bps is null then 'gap'::core.slot_flag
        when in_bps > $speeds[interface_key] or out_bps > $speeds[interface_key] then 'over_speed'::core.slot_flag
        else 'ok'::core.slot_flag
    end,
    $slot_minutes::smallint,
    $batch_id::integer
from fresh_slot;
