-- one row per series_kind, series_id, direction, period_start
create view mart.traffic_week as
from mart.traffic_of_grain('week');
