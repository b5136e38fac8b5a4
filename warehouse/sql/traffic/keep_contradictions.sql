-- keeps the earlier of two different values a file gives for one slot
insert into core.traffic_sample_superseded
select *, 'duplicate_source'::core.slot_flag, $slot_minutes, $batch_id, $batch_id from contradiction order by all;
