-- one row per slot, where the file has no slot twice
create or replace temp view batch_slot as
select
    interface_key,
    ((at_us - getvariable('shift_us')) + 1000000) // getvariable('slot_us') * getvariable('slot_us') as slot_us,
    nullif(in_bps / getvariable('per_slot_s'), getvariable('gap_value')) as in_bps,
    nullif(out_bps / getvariable('per_slot_s'), getvariable('gap_value')) as out_bps,
    1 as file_rows,
    1 as used_rows,
    false as contradicts
from staged
where problem is null;
