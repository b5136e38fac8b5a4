-- one row per group, period, direction and statistic: means added, p95 of the time-aligned sums in group_rank
create or replace temp table group_period as
with whole as (
    select
        series_kind, series_id, period_start, direction, statistic,
        any_value(from_at) as from_at, any_value(until_at) as until_at,
        sum(measured_gbps order by route_key) as sum_gbps, count(*) as members, max(slot_minutes) as slot_minutes,
        count(distinct slot_minutes) filter (slot_minutes > 0) as lengths,
        min(coverage_ratio) as least_coverage, max(censored_ratio) as censored_ratio,
        count(reason) as refused,
        min(route_key) filter (reason is not null) as refused_key,
        arg_min(reason, route_key) filter (reason is not null) as refused_reason,
        arg_min({'code': reason_code, 'values': reason_values::json}, route_key) filter (reason is not null) as refused_why
    from group_part
    group by all
),
measured as (
    select
        w.*,
        case when w.statistic = 'mean' then w.sum_gbps else r.p95_bps / 1e9 end as measured_gbps,
        case when w.statistic = 'mean' then w.least_coverage
            else least(1.0, coalesce(r.slots, 0) / (datediff('minute', w.from_at, w.until_at) / nullif(w.slot_minutes, 0))) end as coverage_ratio
    from whole w
    left join group_rank r using (series_kind, series_id, period_start, direction)
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
    end as reason,
    case
        when until_at > $today then 'period.not_over'
        when refused > 1 then 'period.of_routes'
        when refused > 0 then 'period.of_route'
        when statistic = 'p95' and lengths > 1 then 'period.slot_lengths'
        when coalesce(coverage_ratio, 0) < $min_coverage then 'period.low_coverage'
    end as reason_code,
    case
        when reason_code in ('period.of_route', 'period.of_routes') then json_object(
            'route', (select route_id from route_number n where n.route_key = refused_key), 'why', refused_why, 'more', refused - 1
        )::varchar
        when reason_code = 'period.low_coverage' then json_object('coverage', coalesce(coverage_ratio, 0), 'needed', $min_coverage)::varchar
        when reason_code is not null then '{}'
    end as reason_values
from measured;
