-- one row: how many rows brought a finer sample
select coalesce(sum(used_rows), 0)::bigint as rows from fine_row;
