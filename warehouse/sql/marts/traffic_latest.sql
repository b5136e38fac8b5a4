-- one row per grain, series_kind, series_id, direction, statistic, period_start
create view mart.traffic_latest as
select
    grain, series_kind, series_id, direction, statistic, period_start, value_gbps, coverage_ratio,
    censored_ratio, slot_minutes, simulated, reason, reason_code, reason_values, time_zone, additive, known_at
from mart.traffic_all
where latest;
