-- adds what differs from the version known before; nothing is overwritten
insert into core.traffic_period
with made as (
    select 'route' as series_kind, n.route_id as series_id, r.direction, r.statistic, r.period_start, r.measured_gbps, r.coverage_ratio,
        r.censored_ratio, r.slot_minutes, r.reason, r.reason_code, r.reason_values
    from route_period r join route_number n using (route_key)
    union all by name
    select series_kind, series_id, direction, statistic, period_start, measured_gbps, coverage_ratio, censored_ratio, slot_minutes, reason,
        reason_code, reason_values
    from group_period
),
simulated as (
    select 'route' as series_kind, route_id as series_id, simulated or exists (
        select 1 from core.batch_extent e join core.load_batch b using (batch_id) join port_route p using (interface_key)
        where e.first_slot < p.until_at and e.last_slot >= p.from_at and b.simulated and p.route_key = n.route_key
    ) as simulated
    from route_number n
),
marked as (
    select m.*, coalesce(s.simulated, g.simulated, false) as simulated
    from made m
    left join simulated s using (series_kind, series_id)
    left join (
        select b.series_kind, b.series_id, bool_or(s.simulated) as simulated
        from member b join route_number n using (route_key) join simulated s on s.series_id = n.route_id
        group by all
    ) g using (series_kind, series_id)
),
latest as (
    select * from core.traffic_period
    where grain = $grain
    qualify row_number() over (partition by series_kind, series_id, direction, statistic, period_start order by version desc) = 1
)
select
    $grain, m.series_kind, m.series_id, m.direction, m.statistic, m.period_start,
    case when m.reason is null then m.measured_gbps end, m.coverage_ratio, m.censored_ratio, m.slot_minutes, m.simulated, m.reason,
    $zone, $known_at, $version, m.reason_code, m.reason_values
from marked m
left join latest l using (series_kind, series_id, direction, statistic, period_start)
where l.version is null
    or (case when m.reason is null then m.measured_gbps end is null) <> (l.value_gbps is null)
    -- Sums made by several threads differ in the last digit.
    or (m.reason is null and abs(m.measured_gbps - l.value_gbps) > 1e-12 * abs(l.value_gbps))
    or m.coverage_ratio is distinct from l.coverage_ratio or m.censored_ratio is distinct from l.censored_ratio
    or m.slot_minutes is distinct from l.slot_minutes or m.simulated is distinct from l.simulated
    or m.reason is distinct from l.reason or l.time_zone is distinct from $zone
order by all;
