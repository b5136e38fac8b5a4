-- one row per series and quantile of the run that spoke for its grain at the time as_of
create macro mart.forecast_as_of(as_of) as table
with run as (
    from mart.run_history
    where known_at <= as_of
    qualify row_number() over (partition by grain order by origin desc, known_at desc, finished_at desc, run_id) = 1
)
select forecast.* exclude (latest)
from mart.forecast_all as forecast
where forecast.run_id in (select run_id from run);
