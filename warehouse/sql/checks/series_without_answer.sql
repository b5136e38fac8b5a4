-- error: A series has traffic but neither a forecast nor a reason for none. Run `transit run --force`; if it stays, report it.
with run as (
    select run_id, grain, origin
    from mart.run_history
    where latest
),
series as (
    select distinct traffic.series_kind, traffic.series_id, traffic.direction, traffic.statistic, traffic.grain
    from mart.traffic_latest as traffic
    join run on run.grain = traffic.grain and traffic.period_start <= run.origin and traffic.known_at <= (
        select max(known_at) from mart.run_history where latest and grain = traffic.grain
    )
),
answered as (
    select series_kind, series_id, direction, statistic, grain from mart.forecast_latest
    union
    select series_kind, series_id, direction, statistic, grain from mart.no_forecast
)
from series
except
from answered
order by all
