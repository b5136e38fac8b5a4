-- one row per row of the file, in its order: what it says, or why it says nothing
create or replace temp table staged as
with parsed as (
    select
        stamp,
        coalesce(known_us, case
            when $time_kind = 'none' then $earliest_us::bigint
            when $time_kind = 'microseconds' then try_cast(stamp as bigint)
            when $time_kind = 'epoch' then try_cast(try_cast(stamp as double) * $stamp_us as bigint)
            when $time_kind = 'format' then epoch_us(timezone($zone, try_strptime(cast(stamp as varchar), $formats)))
            when $zone = 'UTC' then epoch_us(try_cast(cast(stamp as varchar) as timestamp))
            when regexp_matches(cast(stamp as varchar), '(Z|[+-]\d\d:?\d\d)$')
                then epoch_us(try_cast(cast(stamp as varchar) as timestamptz))
            else epoch_us(timezone($zone, try_cast(cast(stamp as varchar) as timestamp)))
        end) as at_us,
        trim(case when $pattern = '' then coalesce(series, $interface)
            else regexp_extract(coalesce(series, $interface), $pattern, $interface_group) end) as name,
        lower(trim(case when $direction <> '' then $direction
            when $direction_group > 0 then regexp_extract(coalesce(series, $interface), $pattern, $direction_group)
            else direction end)) as word,
        -- With a decimal comma, points stand before groups of three; 12.5 is no number. Columns of numbers have neither.
        case when $decimal_comma and typeof(value) = 'VARCHAR'
            then case when regexp_matches(cast(value as varchar), '^\s*[-+]?(\d{1,3}(\.\d{3})+([^.\d][^.]*)?|[^.]*)$') then try_cast(replace(replace(cast(value as varchar), '.', ''), ',', '.') as double) end
            else try_cast(value as double) end as one,
        case when $decimal_comma and typeof(value_in) = 'VARCHAR'
            then case when regexp_matches(cast(value_in as varchar), '^\s*[-+]?(\d{1,3}(\.\d{3})+([^.\d][^.]*)?|[^.]*)$') then try_cast(replace(replace(cast(value_in as varchar), '.', ''), ',', '.') as double) end
            else try_cast(value_in as double) end as one_in,
        case when $decimal_comma and typeof(value_out) = 'VARCHAR'
            then case when regexp_matches(cast(value_out as varchar), '^\s*[-+]?(\d{1,3}(\.\d{3})+([^.\d][^.]*)?|[^.]*)$') then try_cast(replace(replace(cast(value_out as varchar), '.', ''), ',', '.') as double) end
            else try_cast(value_out as double) end as one_out,
        (value is not null and one is null) or (value_in is not null and one_in is null) or (value_out is not null and one_out is null) as unreadable,
        case
            -- Not `word in (...)`: a long list becomes a join, and a join does not leave rows in the order of the file.
            when list_contains(['in', 'rx', 'ingress', 'input', 'inbound', 'received', 'receive'], word) then 'in'
            when list_contains(['out', 'tx', 'egress', 'output', 'outbound', 'sent', 'transmit'], word) then 'out'
        end as way
    from timed_row
),
rated as (
    select
        at_us, name, word, way, stamp, unreadable,
        $bits * case when isnan(any_in) then null else any_in end as in_bps,
        $bits * case when isnan(any_out) then null else any_out end as out_bps
    from (
        select *,
            case when $single then case way when 'in' then one end else one_in end as any_in,
            case when $single then case way when 'out' then one end else one_out end as any_out
        from parsed
    )
)
select
    at_us,
    interface_key,
    case when $swap then out_bps else in_bps end as in_bps,
    case when $swap then in_bps else out_bps end as out_bps,
    case
        when at_us is not null and at_us between $earliest_us and $today_us and interface_key is not null
            and not unreadable and (way is not null or not $single)
            and (in_bps is null or in_bps between 0 and 1e18) and (out_bps is null or out_bps between 0 and 1e18) then null
        when stamp is null and $time_kind <> 'none' then 'the time is empty'
        when at_us is null then 'the time ' || stamp || ' can''t be read'
        when name is null or name = '' then 'the interface is empty'
        when interface_key is null then 'interface ' || name || ' is unknown'
        when unreadable then 'the value is no number'
        when $single and way is null then 'the direction ' || coalesce(word, '(empty)') || ' is neither in nor out'
        when in_bps < 0 or out_bps < 0 then 'the rate is negative'
        when in_bps > 1e18 or out_bps > 1e18 then 'the rate is not finite'
        when at_us > $today_us then 'the time lies in the future'
        else 'the time lies before 1980'
    end as problem
from (select *, $port_keys[enum_code(try_cast(name as port_name)) + 1] as interface_key from rated);
