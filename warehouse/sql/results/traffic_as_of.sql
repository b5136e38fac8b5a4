-- one row per grain, series_kind, series_id, direction, statistic, period_start, as known at the time as_of
from mart.traffic_as_of($as_of)
