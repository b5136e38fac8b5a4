-- one row: whether the first rows of a file stand in the order of port and time, and whether any of them is known or unreadable already
with look as (
    select
        series, stamp, lag(series) over () as before, lag(stamp) over () as earlier,
        $port_keys[enum_code(try_cast(trim(series) as port_name)) + 1] as interface_key,
        make_timestamptz(case when $microseconds then try_cast(stamp as bigint) else plain_instant_us(cast(stamp as varchar)) end) as looked_at
    from (from source_row limit 20000)
),
reached as (select interface_key, min(looked_at) as first_at, max(looked_at) as last_at from look group by interface_key)
select
    (select coalesce(bool_and(series >= before and (series > before or stamp > earlier)), true) from look) as ordered,
    exists (from look where interface_key is null or looked_at is null)
        or exists (
            from reached r join core.batch_extent e using (interface_key)
            where e.slot_minutes = $slot_minutes and e.first_slot <= r.last_at and e.last_slot >= r.first_at
        ) as doubtful;
