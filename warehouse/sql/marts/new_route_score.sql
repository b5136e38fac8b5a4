-- one row per forecast_id
create view mart.new_route_score as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.forecast_id, result.project_id, result.market, result.registered_on, result.judged_on,
    result.months_seen, result.last_month, result.last_gbps, result.p10_gbps, result.p50_gbps, result.p90_gbps,
    result.updated_p10_gbps, result.updated_p50_gbps, result.updated_p90_gbps, result.weight_of_data_ratio,
    result.pinball_gbps, result.verdict, result.reason, result.reason_code, result.reason_values,
    run.simulated, true as assumed
from core.new_route_score as result
join mart.run_history as run using (run_id)
where run.latest;
comment on view mart.new_route_score is 'Registered forecasts beside the months that came on the new route, as the latest runs found.';
comment on column mart.new_route_score.run_id is 'the run that made the row; see run_history';
comment on column mart.new_route_score.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.new_route_score.origin is 'first day of the last observed period of the run [date]';
comment on column mart.new_route_score.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.new_route_score.forecast_id is 'the registered forecast';
comment on column mart.new_route_score.project_id is 'the planned build';
comment on column mart.new_route_score.market is 'the market it enters';
comment on column mart.new_route_score.registered_on is 'day it was made [date]';
comment on column mart.new_route_score.judged_on is 'day it is judged [date]';
comment on column mart.new_route_score.months_seen is 'months with traffic on the segment so far [month]';
comment on column mart.new_route_score.last_month is 'the last of them [date]';
comment on column mart.new_route_score.last_gbps is 'what came in it; empty before the first [Gbit/s]';
comment on column mart.new_route_score.p10_gbps is 'registered: 10 % of paths lie below [Gbit/s]';
comment on column mart.new_route_score.p50_gbps is 'registered: median [Gbit/s]';
comment on column mart.new_route_score.p90_gbps is 'registered: 10 % of paths lie above [Gbit/s]';
comment on column mart.new_route_score.updated_p10_gbps is 'the level once the months seen are weighed in: 10 % lie below [Gbit/s]';
comment on column mart.new_route_score.updated_p50_gbps is 'median [Gbit/s]';
comment on column mart.new_route_score.updated_p90_gbps is '10 % lie above [Gbit/s]';
comment on column mart.new_route_score.weight_of_data_ratio is 'weight of the months seen against the registered forecast [0-1]';
comment on column mart.new_route_score.pinball_gbps is 'pinball loss of the three registered quantiles against what came, factor 2; empty while no month was seen and the day is ahead [Gbit/s]';
comment on column mart.new_route_score.verdict is 'open until the day it is judged on, then right or wrong';
comment on column mart.new_route_score.reason is 'why, for a reader who is no programmer';
comment on column mart.new_route_score.reason_code is 'the code of reason in the catalogues of texts';
comment on column mart.new_route_score.reason_values is 'what the text of reason names, as JSON';
comment on column mart.new_route_score.simulated is 'true where made from simulated traffic';
comment on column mart.new_route_score.assumed is 'always true: the registered forecast rests on assumptions';
