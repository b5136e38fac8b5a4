-- one row: whether any slot of a time was measured in part
select exists (from core.partial_slot where slot_start >= $from_at and slot_start < $until_at) as partial;
