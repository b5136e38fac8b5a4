-- takes values that no longer hold out of the samples
delete from core.traffic_sample s
using verdict v
where v.verdict = 'changed' and v.interface_key = s.interface_key
    and s.slot_start = make_timestamptz(v.slot_us) and s.slot_minutes = $slot_minutes;
