-- flags the slots that lie in a stated maintenance window
update core.traffic_sample s
set flag = 'maintenance'
from (
    select p.interface_key, e.start_at, e.end_at
    from mart.event e
    join port p on e.scope_kind = 'all'
        or (e.scope_kind = 'interface' and e.scope_id = p.interface_id)
        or (e.scope_kind = 'route' and e.scope_id = p.route_id)
        or (e.scope_kind = 'segment' and p.route_id in (select route_id from mart.route_path where rank = 1 and segment_id = e.scope_id))
    where e.kind = 'maintenance' and e.end_at is not null
) w
where s.batch_id = $batch_id and s.interface_key = w.interface_key and s.flag in ('ok', 'over_speed', 'gap')
    and s.slot_start < w.end_at and s.slot_start + to_minutes(s.slot_minutes) > w.start_at;
