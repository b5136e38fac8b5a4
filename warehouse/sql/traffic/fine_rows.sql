-- one row per port and instant of samples finer than a slot that was not known: of several rows the last holds
create or replace temp table fine_row as
with given as (
    select
        interface_key, make_timestamptz(at_us - $shift_us) as sampled_at,
        nullif(arg_max(in_bps, rowid) / $per_slot_s, getvariable('gap_value')) as in_bps,
        nullif(arg_max(out_bps, rowid) / $per_slot_s, getvariable('gap_value')) as out_bps,
        greatest(1, case when $single then (count(in_bps) > 0)::int + (count(out_bps) > 0)::int else 1 end) as used_rows
    from staged
    where problem is null
    group by interface_key, at_us
),
known as (
    select f.interface_key, f.sampled_at, arg_max(f.in_bps, f.batch_id) as in_bps, arg_max(f.out_bps, f.batch_id) as out_bps
    from core.fine_sample f
    where f.sampled_at between (select min(sampled_at) from given) and (select max(sampled_at) from given)
    group by f.interface_key, f.sampled_at
),
-- What an earlier version of this file said last of an instant that another file has corrected since: repeated, it says nothing new.
own as (
    select f.interface_key, f.sampled_at, arg_max({'in_bps': f.in_bps, 'out_bps': f.out_bps}, f.batch_id) as said
    from core.fine_sample f
    where f.batch_id in (from own_batch)
        and f.sampled_at between (select min(sampled_at) from given) and (select max(sampled_at) from given)
    group by f.interface_key, f.sampled_at
)
select g.*
from given g
left join known k using (interface_key, sampled_at)
left join own o using (interface_key, sampled_at)
where k.interface_key is null
    or not coalesce(g.in_bps is not distinct from o.said.in_bps and g.out_bps is not distinct from o.said.out_bps and o.said is not null, false) and (
    (g.in_bps is not null and g.in_bps is distinct from k.in_bps) or (g.out_bps is not null and g.out_bps is distinct from k.out_bps));
