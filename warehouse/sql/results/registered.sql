-- one row per project, market and month: the first forecast registered in it
select registered.* exclude (run_id) replace (coalesce(market, split_part(forecast_id, '/', 2)) as market)
from core.new_route_registration as registered
join core.forecast_run as run using (run_id)
qualify row_number() over (
    partition by project_id, split_part(forecast_id, '/', 2), date_trunc('month', registered_on) order by registered_on, run.known_at, run_id
) = 1
order by forecast_id
