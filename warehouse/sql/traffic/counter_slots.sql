-- one row per slot, as made from counters
create or replace temp view batch_slot as
select interface_key, slot_us, in_bps, out_bps, 1 as file_rows, 1 as used_rows, false as contradicts from counter_slot;
