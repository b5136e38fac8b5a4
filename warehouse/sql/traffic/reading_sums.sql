-- one row: how many readings were new, and what they span
select count(*) as readings, min(read_at) as first_at, max(read_at) as last_at from fresh_reading;
