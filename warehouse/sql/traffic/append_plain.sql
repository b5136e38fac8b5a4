-- writes each row of a plain file as a slot
insert into core.traffic_sample from plain_slots($port_keys, $own_places, $speeds, $least_speed, $microseconds, $shift_us, $slot_us, $slot_minutes, $batch_id, $today_us, $earliest_us, $bits, $swap);
