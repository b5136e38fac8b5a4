-- one row per series_kind, series_id, direction, period_start
create view mart.traffic_day as
from mart.traffic_of_grain('day');
