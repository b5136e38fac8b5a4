-- one row: what a file without known slots brought
select sum(used_rows)::bigint as rows_loaded, count(*) as slots_new, 0 as slots_changed from batch_slot;
