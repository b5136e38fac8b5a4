-- one row per value a file gives for a slot besides the one that holds, unless it was kept before
create or replace temp table contradiction as
select distinct
    r.interface_key, make_timestamptz(b.slot_us) as slot_start, r.in_bps / $per_slot_s as in_bps, r.out_bps / $per_slot_s as out_bps
from staged r
join batch_slot b
    on b.interface_key = r.interface_key and b.slot_us = ((r.at_us - $shift_us) + 1000000) // $slot_us * $slot_us
where r.problem is null and b.contradicts
    and (r.in_bps / $per_slot_s <> b.in_bps or r.out_bps / $per_slot_s <> b.out_bps)
    and not exists (
        select 1 from core.traffic_sample_superseded p
        where p.interface_key = r.interface_key and p.slot_start = make_timestamptz(b.slot_us) and p.slot_minutes = $slot_minutes
            and p.in_bps is not distinct from r.in_bps / $per_slot_s and p.out_bps is not distinct from r.out_bps / $per_slot_s
    );
