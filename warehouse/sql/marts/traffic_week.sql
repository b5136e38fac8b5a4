-- one row per series_kind, series_id, direction, period_start
create view mart.traffic_week as
select
    series_kind, series_id, direction, period_start,
    max(value_gbps) filter (where statistic = 'mean') as mean_gbps,
    case when max(value_gbps) filter (where statistic = 'p95') is not null
        then {'gbps': max(value_gbps) filter (where statistic = 'p95')} end as p95,
    min(coverage_ratio) as coverage_ratio, max(censored_ratio) as censored_ratio, max(slot_minutes) as slot_minutes,
    bool_or(simulated) as simulated, string_agg(distinct reason, '; ' order by reason) as reason,
    any_value(time_zone) as time_zone, max(known_at) as known_at
from mart.traffic_latest
where grain = 'week'
group by series_kind, series_id, direction, period_start;
comment on view mart.traffic_week is 'Traffic by ISO week as known now: the mean, which adds up over series, and the p95, which does not.';
comment on column mart.traffic_week.series_kind is 'route, market, corridor, total or country';
comment on column mart.traffic_week.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column mart.traffic_week.direction is 'in or out, seen from the route''s a_node';
comment on column mart.traffic_week.period_start is 'first day of the period [date]';
comment on column mart.traffic_week.mean_gbps is 'mean of valid slots; may be added over series; empty where coverage is too low [Gbit/s]';
comment on column mart.traffic_week.p95 is 'p95 of valid slots; read it as p95.gbps. It is never the sum of others, so sum(p95) is an error: for a group take the row of its market, corridor or total, or load_gbps of segment_load [Gbit/s]';
comment on column mart.traffic_week.coverage_ratio is 'valid slots / expected slots, the lower of mean and p95 [0-1]';
comment on column mart.traffic_week.censored_ratio is 'share of valid slots pinned at a cap [0-1]';
comment on column mart.traffic_week.slot_minutes is 'slot length the statistics were made from [minute]';
comment on column mart.traffic_week.simulated is 'true where made from simulated traffic';
comment on column mart.traffic_week.reason is 'why there is no value';
comment on column mart.traffic_week.time_zone is 'IANA zone in which periods were cut';
comment on column mart.traffic_week.known_at is 'when this became known [UTC]';
