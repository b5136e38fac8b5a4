-- one row per port, slot and slot length as known at the time as_of
create macro mart.samples_as_of(as_of) as table
with known as (
    select interface_key, slot_start, in_bps, out_bps, flag, slot_minutes, batch_id
    from core.traffic_sample
    union all
    -- Values that never held are kept beside a load before them or their own.
    select interface_key, slot_start, in_bps, out_bps, flag, slot_minutes, batch_id
    from core.traffic_sample_superseded
    where superseded_by > batch_id and superseded_by in (select batch_id from core.load_batch where known_at > as_of)
)
select
    name.interface_id, known.slot_start, known.in_bps, known.out_bps, known.flag::varchar as flag, known.slot_minutes,
    load.source, load.simulated, load.known_at
from known
join core.load_batch as load using (batch_id)
join core.interface_key as name using (interface_key)
where load.known_at <= as_of
qualify row_number() over (partition by known.interface_key, known.slot_start, known.slot_minutes order by known.batch_id desc) = 1;
