-- keeps which part of each slot was measured, where it is not all of it or was not before
insert into core.partial_slot
select m.interface_key, make_timestamptz(m.slot_us), $slot_minutes, m.measured_ratio, $batch_id
from measured_part m
left join (
    select interface_key, slot_start, arg_max(measured_ratio, batch_id) as measured_ratio
    from core.partial_slot
    where slot_minutes = $slot_minutes
    group by interface_key, slot_start
) k on k.interface_key = m.interface_key and k.slot_start = make_timestamptz(m.slot_us)
where m.measured_ratio > 0 and abs(m.measured_ratio - coalesce(k.measured_ratio, 1)) > 1e-9;
