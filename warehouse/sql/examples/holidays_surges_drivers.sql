-- What do moving holidays, fading surges and stated drivers do to each route's traffic, and what does the forecast make of it?
select
    series_id, direction, statistic, effect, kind, round(measured_log, 3) as measured_log, round(error_log, 3) as error_log, round(used_log, 3) as used_log,
    round(size_ratio, 3) as size_ratio, decay_ratio, verdict, simulated
from mart.forecast_effect
where series_kind = 'route'
order by abs(used_log) desc, series_id, direction, statistic, effect
