-- keeps values that no longer hold
insert into core.traffic_sample_superseded
select s.*, $batch_id
from core.traffic_sample s
join verdict v on v.interface_key = s.interface_key and make_timestamptz(v.slot_us) = s.slot_start
where v.verdict = 'changed' and s.slot_minutes = $slot_minutes;
