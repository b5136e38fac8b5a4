-- one row: the number of the next load
select coalesce(max(batch_id), 0) + 1 as batch_id from core.load_batch;
