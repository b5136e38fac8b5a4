-- flags the slots that lie in a stated maintenance window
update core.traffic_sample s
set flag = 'maintenance'
from maintenance_window w
where s.batch_id = $batch_id and s.interface_key = w.interface_key and s.flag in ('ok', 'over_speed', 'gap')
    and s.slot_start < w.end_at and s.slot_start + to_minutes(s.slot_minutes) > w.start_at;
