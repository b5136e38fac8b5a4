-- flags of slots that are made from counters: restarts and gaps, and those that are none any more
update core.traffic_sample s
set flag = coalesce(c.flag, 'ok'::core.slot_flag)
from counter_slot c
where s.slot_minutes = $slot_minutes and s.interface_key = c.interface_key and s.slot_start = make_timestamptz(c.slot_us)
    and (c.flag <> s.flag or (c.flag is null and s.flag in ('reset', 'estimated', 'gap')));
