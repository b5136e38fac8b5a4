-- one row per grain, series_kind, series_id, direction, statistic, period_start as known at the time as_of
create macro mart.traffic_as_of(as_of) as table
select * exclude (latest)
from mart.traffic_all
where known_at <= as_of
qualify row_number() over (partition by grain, series_kind, series_id, direction, statistic, period_start order by version desc) = 1;
