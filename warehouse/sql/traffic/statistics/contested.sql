-- one row per route that ports, or bundles, of one priority measure in the same slots: nothing states whether their rates are parts of a sum
create or replace temp table contested as
with reach as (
    select
        p.route_key, p.priority, coalesce(p.bundle, p.interface_id) as unit,
        min(greatest(e.first_slot, p.from_at)) as first_slot, max(least(e.last_slot, p.until_at)) as last_slot
    from core.batch_extent e
    join port_route p on p.interface_key = e.interface_key and e.first_slot < p.until_at and e.last_slot >= p.from_at
    group by all
),
near as (
    select route_key, first_slot <= max(last_slot) over (
        partition by route_key, priority order by first_slot, unit rows between unbounded preceding and 1 preceding
    ) as beside
    from reach
),
slot as (
    select p.route_key, list(distinct p.interface_id) as ports
    from core.traffic_sample s
    join port_route p on p.interface_key = s.interface_key and s.slot_start >= p.from_at and s.slot_start < p.until_at
    where p.route_key in (select route_key from near where beside) and s.flag in ('ok', 'over_speed', 'censored')
    group by p.route_key, s.slot_start, s.slot_minutes
    having count(distinct coalesce(p.bundle, p.interface_id)) > 1
)
select route_key, array_to_string(list_sort(list_distinct(flatten(list(ports)))), ', ') as ports from slot group by route_key;
