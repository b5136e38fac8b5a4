-- one row per port and stated maintenance window, as far as the port belongs to what the window names
create or replace temp table maintenance_window as
select distinct
    p.interface_key,
    case when e.scope_kind in ('all', 'interface') then e.start_at else greatest(e.start_at, p.from_at) end as start_at,
    case when e.scope_kind in ('all', 'interface') then e.end_at else least(e.end_at, p.until_at) end as end_at
from mart.event e
join port p on e.scope_kind = 'all'
    or (e.scope_kind = 'interface' and e.scope_id = p.interface_id)
    or (p.from_at < e.end_at and p.until_at > e.start_at and (
        (e.scope_kind = 'route' and e.scope_id = p.route_id)
        or (e.scope_kind = 'segment' and p.route_id in (select route_id from mart.route_path where rank = 1 and segment_id = e.scope_id))
    ))
where e.kind = 'maintenance' and e.end_at is not null;
