-- one row per slot that is new or changed
create or replace temp view fresh_slot as
select interface_key, slot_us, in_bps, out_bps from verdict where verdict in ('new', 'changed');
