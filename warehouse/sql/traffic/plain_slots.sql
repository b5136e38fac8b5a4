-- each row of a plain file as a slot; a row that says something else has an empty key, which the table of samples refuses
create or replace temp macro plain_slots(port_keys, own_places, speeds, least_speed, microseconds, shift_us, slot_us, slot_minutes, batch_id, today_us, earliest_us, bits, swap) as table
with given as (
    select
        case when microseconds then try_cast(stamp as bigint) else plain_instant_us(cast(stamp as varchar)) end as at_us,
        -- Trimming costs as much as finding the name, and is seldom needed.
        enum_code(coalesce(try_cast(series as port_name), try_cast(trim(series) as port_name))) + 1 as place,
        bits * case when swap then value_out::double else value_in::double end as any_in,
        bits * case when swap then value_in::double else value_out::double end as any_out
    from source_row
),
looked_at as (
    select
        at_us, any_in, any_out,
        at_us + (1000000 - shift_us) as reached_us,
        (at_us + (1000000 - shift_us)) % slot_us as past_us,
        -- The first names of the type stand in the order of their keys, and need no look into the list.
        case when place <= own_places then place else port_keys[place] end::integer as interface_key,
        -- Comparing numbers is what takes the time: a sum below the speed of every port says most of it in one comparison, of what is not
        -- a number too. The usual row needs no other look at its rates.
        any_in + any_out <= least(least_speed, 1e18) and not signbit(any_in) and not signbit(any_out) as usual
    from given
),
rated as (
    select
        * exclude (any_in, any_out),
        case when usual then any_in when isnan(any_in) then null else any_in end as in_bps,
        case when usual then any_out when isnan(any_out) then null else any_out end as out_bps
    from looked_at
)
select
    case
        when at_us between earliest_us and today_us and past_us <= 2000000
            and (usual or (in_bps is null or in_bps between 0 and 1e18) and (out_bps is null or out_bps between 0 and 1e18)) then interface_key
    end as interface_key,
    make_timestamptz(reached_us - past_us) as slot_start,
    in_bps,
    out_bps,
    -- Typed words and a list of speeds, named once: a word cast row by row and a join with the ports would double the time this takes.
    case
        when usual then 'ok'::core.slot_flag
        when in_bps is null and out_bps is null then 'gap'::core.slot_flag
        when greatest(in_bps, out_bps) > speeds[interface_key] then 'over_speed'::core.slot_flag
        else 'ok'::core.slot_flag
    end as flag,
    slot_minutes::smallint as slot_minutes,
    batch_id::integer as batch_id
from rated;
