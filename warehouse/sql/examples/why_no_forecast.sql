-- Which series have no forecast, and why?
select series_kind, series_id, direction, statistic, grain, reason, simulated
from mart.no_forecast
order by series_kind, series_id, direction, statistic, grain
