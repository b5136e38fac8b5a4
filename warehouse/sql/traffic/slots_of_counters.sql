-- one row per slot that new readings touch: octets between neighbouring readings, spread over the time between them
create or replace temp table counter_slot as
with touched as (
    -- From the reading before the first new one to the reading after the last: their intervals change as well.
    select f.interface_key, min(f.read_at) as first_at, max(f.read_at) as last_at from fresh_reading f group by f.interface_key
),
reading as (
    select k.*
    from core.counter_reading k join touched t using (interface_key)
    where k.read_at >= t.first_at - interval 1 day and k.read_at <= t.last_at + interval 1 day
    qualify row_number() over (partition by k.interface_key, k.read_at order by k.batch_id desc) = 1
),
neighbours as (
    select
        interface_key, epoch_us(read_at) as until_us, lag(epoch_us(read_at)) over w as from_us, counter_bits,
        in_octets::hugeint - lag(in_octets::hugeint) over w as in_delta, out_octets::hugeint - lag(out_octets::hugeint) over w as out_delta,
        coalesce(discontinuity <> lag(discontinuity) over w, false) or coalesce(uptime_s < lag(uptime_s) over w, false) as restarted
    from reading
    window w as (partition by interface_key order by read_at)
),
wrapped as (
    select
        n.interface_key, n.from_us, n.until_us, (n.until_us - n.from_us) / 1e6 as seconds, n.restarted,
        octets_between(n.in_delta, n.counter_bits, (n.until_us - n.from_us) / 1e6, p.speed_bps) as in_octets,
        octets_between(n.out_delta, n.counter_bits, (n.until_us - n.from_us) / 1e6, p.speed_bps) as out_octets,
        n.in_delta is not null and octets_between(n.in_delta, n.counter_bits, (n.until_us - n.from_us) / 1e6, p.speed_bps) is null as in_lost,
        n.out_delta is not null and octets_between(n.out_delta, n.counter_bits, (n.until_us - n.from_us) / 1e6, p.speed_bps) is null as out_lost
    from neighbours n join port p using (interface_key)
    where n.from_us is not null
),
spread as (
    select
        w.*, restarted or in_lost or out_lost as is_reset,
        until_us - from_us >= 2 * $slot_us as is_gap,
        unnest(range(from_us // $slot_us, (until_us - 1) // $slot_us + 1)) as slot
    from wrapped w
),
piece as (
    select
        interface_key, slot * $slot_us as slot_us, is_reset, is_gap,
        (least(until_us, (slot + 1) * $slot_us) - greatest(from_us, slot * $slot_us)) / 1e6 as part_s,
        in_octets * 8 / seconds as in_bps, out_octets * 8 / seconds as out_bps
    from spread
)
select
    interface_key, slot_us,
    case when part_ok >= $slot_us / 2e6 then in_bits / nullif(in_s, 0) end as in_bps,
    case when part_ok >= $slot_us / 2e6 then out_bits / nullif(out_s, 0) end as out_bps,
    case
        when part_ok < $slot_us / 2e6 then 'reset'::core.slot_flag
        when part_gap > part_ok / 2 then 'estimated'::core.slot_flag
    end as flag
from (
    select
        interface_key, slot_us,
        sum(part_s) as part_all,
        coalesce(sum(part_s) filter (not is_reset), 0) as part_ok,
        coalesce(sum(part_s) filter (not is_reset and is_gap), 0) as part_gap,
        sum(part_s * in_bps) filter (not is_reset) as in_bits, sum(part_s) filter (not is_reset and in_bps is not null) as in_s,
        sum(part_s * out_bps) filter (not is_reset) as out_bits, sum(part_s) filter (not is_reset and out_bps is not null) as out_s
    from piece
    group by interface_key, slot_us
)
-- Half a slot must be covered before it says anything; what is missing may come with the next file.
where part_all >= $slot_us / 2e6;
