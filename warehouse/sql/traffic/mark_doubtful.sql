-- flags what a load's slots show only beside their neighbours: impossible spikes, runs of zeros, and values pinned at a cap
update core.traffic_sample s
set flag = d.flag
from (
    with way as (
        select interface_key, slot_start, slot_minutes, flag, unnest(['in', 'out']) as direction, unnest([in_bps, out_bps]) as bps
        from core.traffic_sample
        where batch_id = $batch_id and flag in ('ok', 'over_speed')
    ),
    level as (
        select interface_key, slot_minutes, direction, median(bps) as median_bps, max(bps) as max_bps, quantile_disc(bps, 0.999) as high_bps, count(bps) as slots
        from way where bps is not null
        group by all
    ),
    pinned as (
        -- A cap: values within 0.1 % of the highest one, apart from spikes, for an hour on end.
        select
            w.*, l.median_bps, l.slots, p.speed_bps,
            w.bps >= 0.999 * l.high_bps and w.bps <= 1.001 * l.high_bps and l.high_bps > 1.2 * l.median_bps as is_pinned,
            w.bps = 0 and l.median_bps > 0 as is_zero
        from way w join level l using (interface_key, slot_minutes, direction) join port p using (interface_key)
    ),
    grouped as (
        select *,
            row_number() over (partition by interface_key, slot_minutes, direction order by slot_start)
                - row_number() over (partition by interface_key, slot_minutes, direction, is_pinned order by slot_start) as pinned_run,
            row_number() over (partition by interface_key, slot_minutes, direction order by slot_start)
                - row_number() over (partition by interface_key, slot_minutes, direction, is_zero order by slot_start) as zero_run
        from pinned
    ),
    counted as (
        select *,
            count(*) over (partition by interface_key, slot_minutes, direction, is_pinned, pinned_run) as pinned_length,
            count(*) over (partition by interface_key, slot_minutes, direction, is_zero, zero_run) as zero_length
        from grouped
    )
    select
        interface_key, slot_start, slot_minutes,
        case
            when bool_or(bps > $spike_ratio * speed_bps) then 'outlier'::core.slot_flag
            when bool_or(is_zero and zero_length >= $least_run) then 'gap'::core.slot_flag
            else 'censored'::core.slot_flag
        end as flag
    from counted
    where bps > $spike_ratio * speed_bps
        or (is_pinned and pinned_length >= $least_run and slots >= 100)
        or (is_zero and zero_length >= $least_run and slots >= 100)
    group by interface_key, slot_start, slot_minutes
) d
where s.batch_id = $batch_id and s.interface_key = d.interface_key and s.slot_start = d.slot_start and s.slot_minutes = d.slot_minutes;
