-- one row per slot the file speaks of, as the sum over all files, and one per record that can't be read
create or replace temp table frame_row as
with touched as (
    select distinct p.interface_id, p.slot_start from core.flow_part p where p.source = $source and p.content_hash = $content_hash
)
select
    (epoch_us(p.slot_start) // 1000000)::varchar as stamp, p.interface_id as interface,
    (sum(p.in_bits order by p.content_hash) / $slot_s)::varchar as value_in, (sum(p.out_bits order by p.content_hash) / $slot_s)::varchar as value_out, null::varchar as record
from core.flow_part p
semi join touched t on t.interface_id = p.interface_id and t.slot_start = p.slot_start
where p.source = $source
group by all
union all
select stamp, interface, value_in, null, record from flow_bad
order by interface, stamp, record;
