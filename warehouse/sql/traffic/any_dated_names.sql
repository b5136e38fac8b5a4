-- one row: whether the port of any name depends on the time
select exists (from dated_name) as dated;
