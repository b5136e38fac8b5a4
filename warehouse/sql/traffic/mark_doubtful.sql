-- flags what a month's slots show only beside their neighbours: impossible spikes, runs of zeros, and values pinned at a cap;
-- and takes such flags back where they hold no longer
update core.traffic_sample s
set flag = d.flag
from (
    with slot as (
        select t.interface_key, t.slot_start, t.slot_minutes, t.flag, t.in_bps, t.out_bps, u.from_at, p.speed_bps
        from core.traffic_sample t
        join suspect u on u.interface_key = t.interface_key and u.slot_minutes = t.slot_minutes and t.slot_start >= u.from_at and t.slot_start < u.until_at
        join port p on p.interface_key = t.interface_key and t.slot_start >= p.from_at and t.slot_start < p.until_at
        where t.flag in ('ok', 'over_speed', 'outlier', 'censored') or (t.flag = 'gap' and (t.in_bps is not null or t.out_bps is not null))
    ),
    -- Slots of a port in which both directions are zero while another port of its route, or of a route from or to one of its nodes, carries
    -- traffic. Elsewhere a measured zero is a value: links are idle at night.
    carried as (
        select distinct z.interface_key, z.slot_start, z.slot_minutes
        from slot z
        join port_node mine on mine.interface_key = z.interface_key and z.slot_start >= mine.from_at and z.slot_start < mine.until_at
        join port_node other on other.node_id = mine.node_id and other.interface_key <> mine.interface_key
            and z.slot_start >= other.from_at and z.slot_start < other.until_at
        join core.traffic_sample o on o.interface_key = other.interface_key and o.slot_start = z.slot_start
        where z.in_bps = 0 and z.out_bps = 0 and o.flag in ('ok', 'over_speed', 'censored') and (o.in_bps > 0 or o.out_bps > 0)
    ),
    way as (
        select * exclude (in_bps, out_bps), coalesce(in_bps = 0 and out_bps = 0, false) as is_silent, unnest(['in', 'out']) as direction, unnest([in_bps, out_bps]) as bps from slot
    ),
    level as (
        select interface_key, slot_minutes, from_at, direction, median(bps) as median_bps, quantile_disc(bps, 0.999) as high_bps, count(bps) as slots
        from way
        group by all
    ),
    pinned as (
        -- A cap: values near the speed of the port, or within 0.1 % of the highest one apart from spikes, for an hour on end.
        select
            w.*, l.slots,
            coalesce(w.bps between $full_ratio * w.speed_bps and 1.02 * w.speed_bps
                or (w.bps between 0.999 * l.high_bps and 1.001 * l.high_bps and l.high_bps > 1.2 * l.median_bps), false) as is_pinned,
            coalesce(w.is_silent and l.median_bps > 0 and c.slot_start is not null, false) as is_zero
        from way w
        join level l using (interface_key, slot_minutes, from_at, direction)
        left join carried c using (interface_key, slot_start, slot_minutes)
    ),
    grouped as (
        select *,
            row_number() over port - row_number() over (partition by interface_key, slot_minutes, from_at, direction, is_pinned order by slot_start) as pinned_run,
            row_number() over port - row_number() over (partition by interface_key, slot_minutes, from_at, direction, is_zero order by slot_start) as zero_run
        from pinned
        window port as (partition by interface_key, slot_minutes, from_at, direction order by slot_start)
    ),
    counted as (
        select *,
            is_pinned and slots >= 100 and count(*) over (partition by interface_key, slot_minutes, from_at, direction, is_pinned, pinned_run) >= $least_run as in_cap,
            is_zero and slots >= 100 and count(*) over (partition by interface_key, slot_minutes, from_at, direction, is_zero, zero_run) >= $least_run as in_outage
        from grouped
    ),
    told as (
        select
            interface_key, slot_start, slot_minutes, any_value(flag) as known_flag,
            case
                when bool_or(bps > $spike_ratio * speed_bps) then 'outlier'::core.slot_flag
                when bool_or(in_outage) then 'gap'::core.slot_flag
                when bool_or(in_cap) then 'censored'::core.slot_flag
                when bool_or(bps > speed_bps) then 'over_speed'::core.slot_flag
                else 'ok'::core.slot_flag
            end as flag
        from counted
        group by interface_key, slot_start, slot_minutes
    )
    select interface_key, slot_start, slot_minutes, flag from told where flag <> known_flag
) d
where s.interface_key = d.interface_key and s.slot_start = d.slot_start and s.slot_minutes = d.slot_minutes;
