-- one row per period to be made again: those that loads after the last pass touched, those that were not over then, or all of them
create or replace temp table touched as
with reach as (
    select e.first_slot, e.last_slot, e.slots, e.batch_id
    from core.batch_extent e where e.interface_key in (select interface_key from port_route)
),
pending as (
    select distinct grain, period_start
    from (
        select grain, period_start, reason
        from core.traffic_period
        qualify row_number() over (partition by grain, series_kind, series_id, direction, statistic, period_start order by version desc) = 1
    )
    where reason = 'period not over'
)
select p.grain, p.period_start, p.from_at, p.until_at, sum(r.slots)::bigint as size
from period p
join reach r on r.first_slot < p.until_at and r.last_slot >= p.from_at
where $everything or (p.grain, p.period_start) in (from pending)
    or exists (from reach n where n.batch_id > $after_batch and n.first_slot < p.until_at and n.last_slot >= p.from_at)
group by all
order by all;
