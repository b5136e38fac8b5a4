-- one row per group, period, direction and statistic: means added, p95 of the time-aligned sums
create or replace temp table group_period as
with bounds as (
    select distinct period_start, from_at, until_at from clock
),
active as (
    -- A route counts from its first sample until it has been silent for three months.
    select m.series_kind, m.series_id, m.route_key, b.period_start, b.from_at, b.until_at
    from member m join route_span s using (route_key) cross join bounds b
    where s.first_slot < b.until_at and s.last_slot >= b.from_at - interval 93 day
),
part as (
    select
        a.series_kind, a.series_id, a.period_start, a.until_at, a.from_at, a.route_key, w.direction, w.statistic,
        r.measured_gbps, coalesce(r.slot_minutes, 0) as slot_minutes, coalesce(r.coverage_ratio, 0) as coverage_ratio,
        coalesce(r.censored_ratio, 0) as censored_ratio,
        case when r.route_key is null then 'no samples' else r.reason end as reason
    from active a
    cross join (select d.direction, t.statistic from (values ('in'), ('out')) d(direction), (values ('mean'), ('p95')) t(statistic)) w
    left join route_period r on r.route_key = a.route_key and r.period_start = a.period_start and r.direction = w.direction and r.statistic = w.statistic
),
whole as (
    select
        series_kind, series_id, period_start, direction, statistic,
        any_value(from_at) as from_at, any_value(until_at) as until_at,
        sum(measured_gbps) as sum_gbps, count(*) as members, max(slot_minutes) as slot_minutes,
        count(distinct slot_minutes) filter (slot_minutes > 0) as lengths,
        min(coverage_ratio) as least_coverage, max(censored_ratio) as censored_ratio,
        count(reason) as refused,
        min(route_key) filter (reason is not null) as refused_key,
        arg_min(reason, route_key) filter (reason is not null) as refused_reason
    from part
    group by all
),
weight as (
    -- A slot in which routes of little weight are missing is scaled up; with more than 5 % missing it is not valid.
    select series_kind, series_id, period_start, route_key,
        measured_gbps / nullif(sum(measured_gbps) over (partition by series_kind, series_id, period_start, direction), 0) as share,
        direction
    from part where statistic = 'mean'
),
summed as (
    select
        w.series_kind, w.series_id, w.period_start, s.slot_us,
        sum(s.in_bps) as in_bps, sum(s.out_bps) as out_bps,
        sum(w.share_in) filter (s.in_bps is not null) as share_in, sum(w.share_out) filter (s.out_bps is not null) as share_out
    from route_slot s
    join (
        select series_kind, series_id, period_start, route_key,
            coalesce(max(share) filter (direction = 'in'), 0) as share_in, coalesce(max(share) filter (direction = 'out'), 0) as share_out
        from weight group by all
    ) w on w.route_key = s.route_key and w.period_start = s.period_start
    group by all
),
ranked as (
    select
        series_kind, series_id, period_start,
        unnest([
            {direction: 'in', p95_bps: quantile_disc(in_bps / share_in, 0.95) filter (share_in >= 0.95), slots: count(*) filter (share_in >= 0.95)},
            {direction: 'out', p95_bps: quantile_disc(out_bps / share_out, 0.95) filter (share_out >= 0.95), slots: count(*) filter (share_out >= 0.95)}
        ], recursive := true)
    from summed
    group by series_kind, series_id, period_start
),
measured as (
    select
        w.*,
        case when w.statistic = 'mean' then w.sum_gbps else r.p95_bps / 1e9 end as measured_gbps,
        case when w.statistic = 'mean' then w.least_coverage
            else least(1.0, coalesce(r.slots, 0) / (datediff('minute', w.from_at, w.until_at) / nullif(w.slot_minutes, 0))) end as coverage_ratio
    from whole w
    left join ranked r using (series_kind, series_id, period_start, direction)
)
select
    series_kind, series_id, period_start, direction, statistic, slot_minutes,
    coalesce(coverage_ratio, 0.0) as coverage_ratio, censored_ratio, measured_gbps,
    case
        when until_at > $today then 'period not over'
        when refused > 0 then 'route ' || (select route_id from route_number n where n.route_key = refused_key) || ': ' || refused_reason
            || case when refused > 1 then ', and ' || (refused - 1) || ' more' else '' end
        when statistic = 'p95' and lengths > 1 then 'its routes are measured in slots of different length'
        when coalesce(coverage_ratio, 0) < $min_coverage then 'coverage ' || round(100 * coalesce(coverage_ratio, 0))::int || ' % is below ' || round(100 * $min_coverage)::int || ' %'
    end as reason
from measured;
