-- a cheap look at all slots of a month: which ports have zeros, spikes, values at their speed, or highest values close together
insert into suspect
select s.interface_key, s.slot_minutes, $from_at, $until_at
from core.traffic_sample s
join port p using (interface_key)
where s.slot_start >= $from_at and s.slot_start < $until_at
    and s.interface_key in (select interface_key from doubtful_span where from_at = $from_at)
group by s.interface_key, s.slot_minutes, p.speed_bps
having max(s.in_bps) > $spike_ratio * p.speed_bps or max(s.out_bps) > $spike_ratio * p.speed_bps
    or count(*) filter (s.in_bps = 0) >= $least_run or count(*) filter (s.out_bps = 0) >= $least_run
    or count(*) filter (s.in_bps >= $full_ratio * p.speed_bps) >= $least_run or count(*) filter (s.out_bps >= $full_ratio * p.speed_bps) >= $least_run
    -- Twelve values at a cap, with at most four spikes above them.
    or max(s.in_bps, 16)[16] >= 0.998 * max(s.in_bps, 16)[5] or max(s.out_bps, 16)[16] >= 0.998 * max(s.out_bps, 16)[5]
    or count(*) filter (s.flag in ('outlier', 'censored')) > 0;
