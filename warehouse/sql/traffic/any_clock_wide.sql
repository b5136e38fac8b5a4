-- one row: whether any time of the file holds a time of day
select coalesce(bool_or(contains(cast(stamp as varchar), ':')), false) as any_clock from wide_row;
