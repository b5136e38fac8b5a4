-- one row per group, period, member route, direction and statistic
create or replace temp table group_part as
with active as (
    -- A route counts from its first sample until it has been silent for three months.
    select m.series_kind, m.series_id, m.route_key, b.period_start, b.from_at, b.until_at
    from member m join route_span s using (route_key)
    cross join (select * from touched where grain = $grain and period_start between $first and $last) b
    where s.first_slot < b.until_at and s.last_slot >= b.from_at - interval 93 day
)
select
    a.series_kind, a.series_id, a.period_start, a.until_at, a.from_at, a.route_key, w.direction, w.statistic,
    r.measured_gbps, coalesce(r.slot_minutes, 0) as slot_minutes, coalesce(r.coverage_ratio, 0) as coverage_ratio,
    coalesce(r.censored_ratio, 0) as censored_ratio,
    case when r.route_key is null then 'no samples' else r.reason end as reason,
    case when r.route_key is null then 'period.no_samples' else r.reason_code end as reason_code,
    case when r.route_key is null then '{}' else r.reason_values end as reason_values
from active a
cross join (select d.direction, t.statistic from (values ('in'), ('out')) d(direction), (values ('mean'), ('p95')) t(statistic)) w
left join route_period r on r.route_key = a.route_key and r.period_start = a.period_start and r.direction = w.direction and r.statistic = w.statistic;
