-- which ports and times the load touched, where all of the file is new
insert into core.batch_extent
select $batch_id, interface_key, make_timestamptz(first_us), make_timestamptz(last_us), slots, $slot_minutes from reach order by interface_key;
