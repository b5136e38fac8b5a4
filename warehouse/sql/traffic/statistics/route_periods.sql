-- one row per route, period, direction and statistic: of several slot lengths the finest that covers enough
create or replace temp table route_period as
with measured as (
    select
        route_key, period_start, slot_minutes,
        datediff('minute', from_at, until_at) / slot_minutes as expected,
        unnest([
            {direction: 'in', statistic: 'mean', bps: s.mean_in, slots: mean_slots_in, lack: coalesce(l.mean_in, 0.0), censored: censored_in},
            {direction: 'in', statistic: 'p95', bps: s.p95_in, slots: p95_slots_in, lack: coalesce(l.p95_in, 0.0), censored: censored_in},
            {direction: 'out', statistic: 'mean', bps: s.mean_out, slots: mean_slots_out, lack: coalesce(l.mean_out, 0.0), censored: censored_out},
            {direction: 'out', statistic: 'p95', bps: s.p95_out, slots: p95_slots_out, lack: coalesce(l.p95_out, 0.0), censored: censored_out}
        ], recursive := true),
        until_at
    from route_sum s
    left join slot_lack l using (route_key, period_start, slot_minutes)
),
rated as (
    select *, least(1.0, (slots - lack) / expected) as coverage_ratio, coalesce(censored / nullif(slots, 0), 0.0) as censored_ratio
    from measured
),
chosen as (
    select *
    from rated
    qualify row_number() over (
        partition by route_key, period_start, direction, statistic
        order by coverage_ratio >= $min_coverage desc, case when coverage_ratio >= $min_coverage then slot_minutes end, coverage_ratio desc, slot_minutes
    ) = 1
)
select
    route_key, period_start, direction, statistic, slot_minutes, coverage_ratio, censored_ratio,
    bps / 1e9 as measured_gbps,
    case
        when slots = 0 then 'no valid samples'
        when c.ports is not null then 'ports ' || c.ports || ' measure it at the same time with the same priority: state their bundle, or different priority, in interfaces.csv'
        when until_at > $today then 'period not over'
        when coverage_ratio < $min_coverage then 'coverage ' || round(100 * coverage_ratio)::int || ' % is below ' || round(100 * $min_coverage)::int || ' %'
    end as reason,
    case
        when slots = 0 then 'period.no_valid_samples'
        when c.ports is not null then 'period.parallel_ports'
        when until_at > $today then 'period.not_over'
        when coverage_ratio < $min_coverage then 'period.low_coverage'
    end as reason_code,
    case
        when reason_code = 'period.low_coverage' then json_object('coverage', coverage_ratio, 'needed', $min_coverage)::varchar
        when reason_code = 'period.parallel_ports' then json_object('ports', c.ports)::varchar
        when reason_code is not null then '{}'
    end as reason_values
from chosen
left join contested c using (route_key);
