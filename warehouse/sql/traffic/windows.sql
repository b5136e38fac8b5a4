-- one row per port and stated maintenance window
create or replace temp table maintenance_window as
select distinct p.interface_key, e.start_at, e.end_at
from mart.event e
join port p on e.scope_kind = 'all'
    or (e.scope_kind = 'interface' and e.scope_id = p.interface_id)
    or (e.scope_kind = 'route' and e.scope_id = p.route_id)
    or (e.scope_kind = 'segment' and p.route_id in (select route_id from mart.route_path where rank = 1 and segment_id = e.scope_id))
where e.kind = 'maintenance' and e.end_at is not null;
