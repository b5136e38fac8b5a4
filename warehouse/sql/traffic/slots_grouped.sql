-- one row per slot, where the file may have a slot on several rows: the last value of each direction holds
create or replace temp table grouped_slot as
select
    interface_key,
    ((at_us - $shift_us) + 1000000) // $slot_us * $slot_us as slot_us,
    nullif(arg_max(in_bps, rowid) / $per_slot_s, getvariable('gap_value')) as in_bps,
    nullif(arg_max(out_bps, rowid) / $per_slot_s, getvariable('gap_value')) as out_bps,
    count(*) as file_rows,
    greatest(1, case when $single
        then (count(in_bps) > 0)::int + (count(out_bps) > 0)::int
        else 1 end) as used_rows,
    min(in_bps) < max(in_bps) or min(out_bps) < max(out_bps) as contradicts
from staged
where problem is null
group by all;
