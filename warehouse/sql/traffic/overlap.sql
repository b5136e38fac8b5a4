-- one row: whether any slot of the file may be known already
select exists (
    select 1
    from (select interface_key, min(slot_us) as first_us, max(slot_us) as last_us from batch_slot group by interface_key) b
    join core.batch_extent e
        on e.interface_key = b.interface_key and e.slot_minutes = $slot_minutes
        and e.first_slot <= make_timestamptz(b.last_us) and e.last_slot >= make_timestamptz(b.first_us)
) as overlaps;
