-- one row per slot, as grouped
create or replace temp view batch_slot as from grouped_slot;
