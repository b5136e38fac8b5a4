-- keeps values that lost to a source of higher priority
insert into core.traffic_sample_superseded
select v.interface_key, make_timestamptz(v.slot_us), v.given_in, v.given_out, 'duplicate_source', $slot_minutes, $batch_id, v.known_batch
from verdict v
where v.verdict = 'outranked'
    and not exists (
        select 1 from core.traffic_sample_superseded p
        where p.interface_key = v.interface_key and p.slot_start = make_timestamptz(v.slot_us) and p.slot_minutes = $slot_minutes
            and p.in_bps is not distinct from v.given_in and p.out_bps is not distinct from v.given_out
    );
