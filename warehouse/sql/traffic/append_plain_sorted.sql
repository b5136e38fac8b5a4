-- writes each row of a plain file as a slot, in the order of port and time; a row that says something else leaves an empty key, which the table refuses
insert into core.traffic_sample
with given as (
    select
        stamp as at_us,
        $port_keys[enum_code(try_cast(trim(series) as port_name)) + 1] as interface_key,
        case when $swap then value_out::double else value_in::double end as any_in,
        case when $swap then value_in::double else value_out::double end as any_out
    from source_row
),
rated as (
    select
        at_us, interface_key, at_us - $shift_us + 1000000 as reached_us,
        $bits * case when isnan(any_in) then null else any_in end as in_bps,
        $bits * case when isnan(any_out) then null else any_out end as out_bps
    from given
)
select
    case
        when at_us between $earliest_us and $today_us and reached_us % $slot_us <= 2000000
            and (in_bps is null or in_bps between 0 and 1e18) and (out_bps is null or out_bps between 0 and 1e18) then interface_key
    end,
    make_timestamptz(reached_us // $slot_us * $slot_us),
    in_bps,
    out_bps,
    -- Typed words and a list of speeds: a word cast row by row and a join with the ports would double the time this takes.
    case
        when in_bps is null and out_bps is null then 'gap'::core.slot_flag
        when in_bps > $speeds[interface_key] or out_bps > $speeds[interface_key] then 'over_speed'::core.slot_flag
        else 'ok'::core.slot_flag
    end,
    $slot_minutes::smallint,
    $batch_id::integer
from rated
order by 1, 2;
