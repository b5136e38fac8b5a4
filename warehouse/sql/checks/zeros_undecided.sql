-- warning: Both directions of a port were zero for an hour or more within the last 35 days of samples, and nothing near it tells whether that was an outage. They count as values; zeros = "gap" of the source, or an event, states otherwise.
with zero as (
    select interface_key, slot_start, slot_minutes
    from core.traffic_sample
    where in_bps = 0 and out_bps = 0 and flag = 'ok'
        and slot_start >= (select max(last_slot) - interval 35 day from core.batch_extent)
),
run as (
    select
        *, slot_start - to_minutes(slot_minutes * row_number() over (
            partition by interface_key, slot_minutes order by slot_start
        )) as run_id
    from zero
),
long as (
    select interface_key, run_id, min(slot_start) as first_slot, count(*) as slots
    from run
    group by interface_key, slot_minutes, run_id
    having count(*) * slot_minutes >= 60
)
select interface_key.interface_id, count(*) as runs, sum(slots)::bigint as slots, min(first_slot) as first_slot
from long
join core.interface_key as interface_key using (interface_key)
group by all
order by all
