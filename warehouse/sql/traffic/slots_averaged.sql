-- one row per slot: the mean of the samples within it
create or replace temp table grouped_slot as
select
    interface_key,
    ((at_us - $shift_us) + 1000000) // $slot_us * $slot_us as slot_us,
    avg(in_bps) / $per_slot_s as in_bps,
    avg(out_bps) / $per_slot_s as out_bps,
    count(*) as file_rows,
    count(*) as used_rows,
    false as contradicts
from staged
where problem is null
group by all;
