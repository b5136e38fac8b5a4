-- one row per series_kind, series_id, direction, period_start
create view mart.traffic_month as
from mart.traffic_of_grain('month');
