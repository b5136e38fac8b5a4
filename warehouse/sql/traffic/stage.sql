-- one row per row of the file, in its order: what it says, or why it says nothing
create or replace temp table staged as
with parsed as (
    select
        stamp,
        coalesce(known_us, instant_us(stamp, $time_kind, $stamp_us, $formats, $has_offset, $zone, $earliest_us)) as at_us,
        coalesce(series, $interface) as given_name,
        trim(case when $pattern = '' then coalesce(series, $interface)
            else regexp_extract(coalesce(series, $interface), $pattern, $interface_group) end) as name,
        lower(trim(case when $direction <> '' then $direction
            when $direction_group > 0 then regexp_extract(coalesce(series, $interface), $pattern, $direction_group)
            else direction end)) as word,
        cell_number(value, $decimal_comma, $thousands, $bits, $unit_names, $unit_bits) as one,
        cell_number(value_in, $decimal_comma, $thousands, $bits, $unit_names, $unit_bits) as one_in,
        cell_number(value_out, $decimal_comma, $thousands, $bits, $unit_names, $unit_bits) as one_out,
        (value is not null and one is null) or (value_in is not null and one_in is null) or (value_out is not null and one_out is null) as unreadable,
        case
            -- Not `word in (...)`: a long list becomes a join, and a join does not leave rows in the order of the file.
            when list_contains($in_words, word) then 'in'
            when list_contains($out_words, word) then 'out'
        end as way
    from timed_row
),
rated as (
    select
        at_us, given_name, name, word, way, stamp, unreadable,
        $bits * case when isnan(any_in) then null else any_in end as in_bps,
        $bits * case when isnan(any_out) then null else any_out end as out_bps
    from (
        select *, case when $amounts then abs(given_in) else given_in end as any_in, case when $amounts then abs(given_out) else given_out end as any_out
        from (select *,
            case when $single then case way when 'in' then one end else one_in end as given_in,
            case when $single then case way when 'out' then one end else one_out end as given_out
        from parsed)
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
        when name is null or (name = '' and ($pattern = '' or given_name = '')) then 'the interface is empty'
        when name = '' then given_name || ' does not match interface_pattern'
        when interface_key is null then 'interface ' || name || ' is unknown'
        when unreadable then 'the value is not a number'
        when $single and way is null then 'the direction ' || coalesce(word, '(empty)') || ' is neither in nor out'
        when in_bps < 0 or out_bps < 0 then 'the rate is negative'
        when in_bps > 1e18 or out_bps > 1e18 then 'the rate is not finite'
        when at_us > $today_us then 'the time lies in the future'
        else 'the time lies before 1980'
    end as problem
from (select *, $port_keys[enum_code(try_cast(name as port_name)) + 1] as interface_key from rated);
