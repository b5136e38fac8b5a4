-- one row: whether any slot of the file may be known already
select exists (
    select 1
    from reach r
    join core.batch_extent e
        on e.interface_key = r.interface_key and e.slot_minutes = $slot_minutes
        and e.first_slot <= make_timestamptz(r.last_us) and e.last_slot >= make_timestamptz(r.first_us)
) as overlaps;
