-- where nothing of the file's ports and times was known before
create or replace temp view fresh_slot as select interface_key, slot_us, in_bps, out_bps from batch_slot;
