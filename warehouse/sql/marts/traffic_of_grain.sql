-- one row per series_kind, series_id, direction, period_start
create macro mart.traffic_of_grain(grain_wanted) as table
select
    series_kind, series_id, direction, period_start,
    max(value_gbps) filter (where statistic = 'mean') as mean_gbps,
    case when max(value_gbps) filter (where statistic = 'p95') is not null
        then {'gbps': max(value_gbps) filter (where statistic = 'p95')} end as p95,
    min(coverage_ratio) as coverage_ratio, max(censored_ratio) as censored_ratio, max(slot_minutes) as slot_minutes,
    bool_or(simulated) as simulated, string_agg(distinct reason, '; ' order by reason) as reason,
    any_value(time_zone) as time_zone, max(known_at) as known_at
from mart.traffic_latest
where grain = grain_wanted
group by series_kind, series_id, direction, period_start;
