-- one row per slot that finer samples touch: the mean of all its samples, whatever file they came in; made of whole 1024ths of a bit/s, which
-- add up to the same in any order
create or replace temp table grouped_slot as
with touched as (
    select distinct interface_key, (epoch_us(sampled_at) + 1000000) // $slot_us * $slot_us as slot_us from fine_row
),
latest as (
    select f.interface_key, f.sampled_at, arg_max(f.in_bps, f.batch_id) as in_bps, arg_max(f.out_bps, f.batch_id) as out_bps
    from core.fine_sample f
    where f.sampled_at >= (select make_timestamptz(min(slot_us) - 1000000) from touched)
        and f.sampled_at < (select make_timestamptz(max(slot_us) + $slot_us) from touched)
    group by f.interface_key, f.sampled_at
)
select
    t.interface_key, t.slot_us,
    sum((l.in_bps * 1024)::hugeint) / 1024.0 / count(l.in_bps) as in_bps,
    sum((l.out_bps * 1024)::hugeint) / 1024.0 / count(l.out_bps) as out_bps,
    least(1.0, greatest(count(l.in_bps), count(l.out_bps)) * $row_us / $slot_us) as measured_ratio,
    0 as file_rows, 0 as used_rows, false as contradicts
from touched t
join latest l on l.interface_key = t.interface_key and (epoch_us(l.sampled_at) + 1000000) // $slot_us * $slot_us = t.slot_us
group by t.interface_key, t.slot_us;
