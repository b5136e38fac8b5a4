-- one row per port of the file: the slots it covers
create or replace temp table reach as
select interface_key, min(slot_us) as first_us, max(slot_us) as last_us, count(*) as slots from batch_slot group by interface_key;
