-- one row per forecast_id
create view mart.new_route_registration as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.forecast_id, result.project_id, result.registered_on, result.judged_on, result.p10_gbps,
    result.p50_gbps, result.p90_gbps, result.ready_probability_ratio, result.wrong_if, result.wrong_if_code, result.wrong_if_values,
    result.assumption_ids, coalesce(result.market, split_part(result.forecast_id, '/', 2)) as market,
    run.simulated, true as assumed
from core.new_route_registration as result
join mart.run_history as run using (run_id)
where run.latest;
comment on view mart.new_route_registration is 'Forecasts made before a route exists, of the latest runs.';
comment on column mart.new_route_registration.run_id is 'the run that made the row; see run_history';
comment on column mart.new_route_registration.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.new_route_registration.origin is 'first day of the last observed period of the run [date]';
comment on column mart.new_route_registration.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.new_route_registration.forecast_id is 'the registered forecast';
comment on column mart.new_route_registration.project_id is 'the planned build';
comment on column mart.new_route_registration.registered_on is 'day it was made [date]';
comment on column mart.new_route_registration.judged_on is 'day it is judged [date]';
comment on column mart.new_route_registration.p10_gbps is '10 % of paths lie below [Gbit/s]';
comment on column mart.new_route_registration.p50_gbps is 'median [Gbit/s]';
comment on column mart.new_route_registration.p90_gbps is '10 % of paths lie above [Gbit/s]';
comment on column mart.new_route_registration.ready_probability_ratio is 'probability that it carries traffic by then [0-1]';
comment on column mart.new_route_registration.wrong_if is 'what would show it wrong';
comment on column mart.new_route_registration.wrong_if_code is 'the code of wrong_if in the catalogues of texts';
comment on column mart.new_route_registration.wrong_if_values is 'what the text of wrong_if names, as JSON';
comment on column mart.new_route_registration.assumption_ids is 'what it rests on, separated by ;';
comment on column mart.new_route_registration.simulated is 'true where made from simulated traffic';
comment on column mart.new_route_registration.assumed is 'always true: the route does not exist yet';
comment on column mart.new_route_registration.market is 'the market it enters';
