-- one row per slot of the file beside what is known of it
create or replace temp table verdict as
with bounds as (
    select make_timestamptz(min(slot_us)) as first_slot, make_timestamptz(max(slot_us)) as last_slot from batch_slot
),
stored as (
    select s.*
    from core.traffic_sample s, bounds
    where s.slot_start between bounds.first_slot and bounds.last_slot and s.slot_minutes = $slot_minutes
        and s.interface_key in (select interface_key from batch_slot)
),
-- What an earlier version of this file said last of a slot that another file has corrected since: repeated, it says nothing new.
own as (
    select
        p.interface_key, p.slot_start,
        arg_max({'in_bps': p.in_bps, 'out_bps': p.out_bps}, p.batch_id * 2 + (p.superseded_by <> p.batch_id)::integer) as said
    from core.traffic_sample_superseded p, bounds
    where p.batch_id in (from own_batch) and p.slot_start between bounds.first_slot and bounds.last_slot and p.slot_minutes = $slot_minutes
    group by p.interface_key, p.slot_start
),
paired as (
    select
        b.interface_key, b.slot_us, b.file_rows, b.used_rows,
        b.in_bps as given_in, b.out_bps as given_out,
        s.in_bps as known_in, s.out_bps as known_out, s.flag as known_flag, s.batch_id as known_batch,
        l.priority as known_priority,
        case when b.in_bps is null then s.in_bps is null or not $nulls_hold else abs(b.in_bps - s.in_bps) <= 1e-12 * greatest(abs(b.in_bps), abs(s.in_bps)) end as same_in,
        case when b.out_bps is null then s.out_bps is null or not $nulls_hold else abs(b.out_bps - s.out_bps) <= 1e-12 * greatest(abs(b.out_bps), abs(s.out_bps)) end as same_out,
        o.said is not null and s.batch_id not in (from own_batch)
            and case when b.in_bps is null then o.said.in_bps is null or not $nulls_hold else coalesce(b.in_bps = o.said.in_bps, false) end
            and case when b.out_bps is null then o.said.out_bps is null or not $nulls_hold else coalesce(b.out_bps = o.said.out_bps, false) end as repeated
    from batch_slot b
    left join stored s on s.interface_key = b.interface_key and s.slot_start = make_timestamptz(b.slot_us)
    left join own o on o.interface_key = b.interface_key and o.slot_start = make_timestamptz(b.slot_us)
    left join core.load_batch l on l.batch_id = s.batch_id
)
select
    *,
    case when $priority <= coalesce(known_priority, $priority) then case when $nulls_hold then given_in else coalesce(given_in, known_in) end else coalesce(known_in, given_in) end as in_bps,
    case when $priority <= coalesce(known_priority, $priority) then case when $nulls_hold then given_out else coalesce(given_out, known_out) end else coalesce(known_out, given_out) end as out_bps,
    case
        when known_batch is null then 'new'
        when coalesce(same_in, false) and coalesce(same_out, false) then 'known'
        when repeated then 'known'
        when $priority > known_priority and not (known_in is null and given_in is not null) and not (known_out is null and given_out is not null) then 'outranked'
        else 'changed'
    end as verdict
from paired;
