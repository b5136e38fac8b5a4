-- one row per grain, series_kind, series_id, direction, statistic, period_start and time it became known
create view mart.traffic_all as
select
    grain, series_kind, series_id, direction, statistic, period_start, value_gbps, coverage_ratio,
    censored_ratio, slot_minutes, simulated, reason, reason_code, reason_values,
    time_zone, statistic = 'mean' as additive, version, known_at,
    row_number() over (partition by grain, series_kind, series_id, direction, statistic, period_start order by version desc) = 1 as latest
from core.traffic_period;
