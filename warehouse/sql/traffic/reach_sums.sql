-- one row: the slots of the load and the time they span
select coalesce(sum(slots), 0)::bigint as slots, make_timestamptz(min(first_us)) as first_at, make_timestamptz(max(last_us)) as last_at from reach;
