-- one row per load of an earlier version of the file at hand
create or replace temp table own_batch as
select batch_id from core.load_batch where source = $source and file_name = $file_name;
