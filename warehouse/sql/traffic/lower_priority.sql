-- flags the slots of a route that a port or a whole bundle of higher priority measured as well
update core.traffic_sample s
set flag = 'duplicate_source'
from (
    with measured as (
        select
            c.route_key, coalesce(c.bundle, c.interface_key::varchar) as unit, c.priority, s.slot_start, s.slot_minutes,
            any_value(c.members) as members, count(*) as ports
        from core.traffic_sample s
        join contest c on c.interface_key = s.interface_key and s.slot_start >= c.from_at and s.slot_start < c.until_at
            and s.slot_start between c.first_slot and c.last_slot
        where s.flag in ('ok', 'over_speed', 'censored')
        group by all
    ),
    best as (
        select route_key, slot_start, slot_minutes, min(priority) as priority
        from measured
        where ports = members
        group by all
    )
    select c.interface_key, b.slot_start, b.slot_minutes
    from best b
    join contest c on c.route_key = b.route_key and c.priority > b.priority and b.slot_start >= c.from_at and b.slot_start < c.until_at
) d
where s.interface_key = d.interface_key and s.slot_start = d.slot_start and s.slot_minutes = d.slot_minutes
    and s.flag in ('ok', 'over_speed', 'censored', 'estimated');
