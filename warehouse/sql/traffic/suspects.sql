-- a cheap look at all slots of a month: which ports have zeros, spikes, values at their speed, or highest values close together.
-- The highest values answer most of it: a slot that is compared with each limit costs more than one that is kept or passed by
insert into suspect
with looked_at as (
    select
        s.interface_key, s.slot_minutes,
        max(s.in_bps, greatest(16, $least_run)) as highest_in, max(s.out_bps, greatest(16, $least_run)) as highest_out,
        count(case when s.in_bps = 0 then 1 end) as zeros_in, count(case when s.out_bps = 0 then 1 end) as zeros_out,
        bool_or(s.flag in ('outlier', 'censored')) as marked
    from core.traffic_sample s
    where s.slot_start >= $from_at and s.slot_start < $until_at
        and s.interface_key in (select interface_key from doubtful_span where from_at = $from_at)
    group by s.interface_key, s.slot_minutes
)
select l.interface_key, l.slot_minutes, $from_at, $until_at
from looked_at l
join (
    select interface_key, min(speed_bps) as speed_bps from port where from_at < $until_at and until_at > $from_at group by interface_key
) p using (interface_key)
where l.highest_in[1] > $spike_ratio * p.speed_bps or l.highest_out[1] > $spike_ratio * p.speed_bps
    or l.zeros_in >= $least_run or l.zeros_out >= $least_run
    or l.highest_in[$least_run] >= $full_ratio * p.speed_bps or l.highest_out[$least_run] >= $full_ratio * p.speed_bps
    -- Twelve values at a cap, with at most four spikes above them.
    or l.highest_in[16] >= 0.998 * l.highest_in[5] or l.highest_out[16] >= 0.998 * l.highest_out[5]
    or l.marked;
