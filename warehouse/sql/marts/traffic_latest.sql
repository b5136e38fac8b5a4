-- one row per grain, series_kind, series_id, direction, statistic, period_start
create view mart.traffic_latest as
select
    grain, series_kind, series_id, direction, statistic, period_start, value_gbps, coverage_ratio,
    censored_ratio, slot_minutes, simulated, reason, reason_code, reason_values, time_zone, additive, known_at
from mart.traffic_all
where latest;
comment on view mart.traffic_latest is 'Traffic by period of every grain, as known now.';
comment on column mart.traffic_latest.grain is 'month, week, day or year';
comment on column mart.traffic_latest.series_kind is 'route, market, corridor, total or country';
comment on column mart.traffic_latest.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column mart.traffic_latest.direction is 'in or out, seen from the route''s a_node';
comment on column mart.traffic_latest.statistic is 'mean or p95 of the period''s valid slots';
comment on column mart.traffic_latest.period_start is 'first day of the period [date]';
comment on column mart.traffic_latest.value_gbps is 'the statistic; empty where coverage is too low. A p95 is never the sum of others: see additive [Gbit/s]';
comment on column mart.traffic_latest.coverage_ratio is 'valid slots / expected slots [0-1]';
comment on column mart.traffic_latest.censored_ratio is 'share of valid slots pinned at a cap [0-1]';
comment on column mart.traffic_latest.slot_minutes is 'slot length the statistic was made from [minute]';
comment on column mart.traffic_latest.simulated is 'true where made from simulated traffic';
comment on column mart.traffic_latest.reason is 'why there is no value';
comment on column mart.traffic_latest.reason_code is 'the code of reason in the catalogues of texts';
comment on column mart.traffic_latest.reason_values is 'what the text of reason names, as JSON';
comment on column mart.traffic_latest.time_zone is 'IANA zone in which periods were cut';
comment on column mart.traffic_latest.additive is 'true where values may be added over series (means on the same slots); false for p95: for a group take the row of its market, corridor or total, or load_gbps of segment_load';
comment on column mart.traffic_latest.known_at is 'when this became known [UTC]';
