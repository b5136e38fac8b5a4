-- one row per row of the file, in its order: the counters it reads, or why it reads none
create or replace temp table staged as
with parsed as (
    select
        stamp,
        instant_us(stamp, $time_kind, $stamp_us, $formats, $has_offset, $zone, $earliest_us) as at_us,
        trim(case when $pattern = '' then coalesce(series, $interface)
            else regexp_extract(coalesce(series, $interface), $pattern, $interface_group) end) as name,
        -- Octet counters of 64 bits do not fit a double.
        try_cast(case when $swap then value_out else value_in end as hugeint) as in_octets,
        try_cast(case when $swap then value_in else value_out end as hugeint) as out_octets,
        not coalesce(regexp_full_match(trim(cast(value_in as varchar)), '-?[0-9]+'), true) or not coalesce(regexp_full_match(trim(cast(value_out as varchar)), '-?[0-9]+'), true) as unreadable,
        cast(discontinuity as varchar) as discontinuity,
        try_cast(uptime as double) as uptime_s
    from source_row
),
named as (
    select *, $port_keys[enum_code(try_cast(name as port_name)) + 1] as interface_key from parsed
)
select
    at_us, interface_key, in_octets, out_octets, discontinuity, uptime_s,
    case
        when stamp is null then 'the time is empty'
        when at_us is null then 'the time ' || stamp || ' can''t be read'
        when name is null or name = '' then 'the interface is empty'
        when interface_key is null then 'interface ' || name || ' is unknown'
        when unreadable then 'the counter is no whole number'
        when in_octets is null and out_octets is null then 'the counters are empty'
        when in_octets < 0 or out_octets < 0 then 'the counter is negative'
        when greatest(in_octets, out_octets) >= 18446744073709551616::hugeint or ($counter_bits = 32 and greatest(in_octets, out_octets) >= 4294967296::hugeint)
            then 'the counter does not fit ' || $counter_bits || ' bits'
        when at_us > $today_us then 'the time lies in the future'
        when at_us < $earliest_us then 'the time lies before 1980'
    end as problem
from named;
