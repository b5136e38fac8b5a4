-- one row per project_id, market, alternative_id, target_start, quantile_level
create view mart.new_route_quantile as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.project_id, result.market, result.alternative_id, result.target_start, result.quantile_level,
    result.value_gbps,
    run.simulated, true as assumed
from core.new_route_quantile as result
join mart.run_history as run using (run_id)
where run.latest;
comment on view mart.new_route_quantile is 'What each way through a market carries once a new route is there, latest runs.';
comment on column mart.new_route_quantile.run_id is 'the run that made the row; see run_history';
comment on column mart.new_route_quantile.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.new_route_quantile.origin is 'first day of the last observed period of the run [date]';
comment on column mart.new_route_quantile.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.new_route_quantile.project_id is 'the planned build';
comment on column mart.new_route_quantile.market is 'the market';
comment on column mart.new_route_quantile.alternative_id is 'a way through, or total';
comment on column mart.new_route_quantile.target_start is 'first day of the period [date]';
comment on column mart.new_route_quantile.quantile_level is 'share of paths at or below [0-1]';
comment on column mart.new_route_quantile.value_gbps is 'the quantile [Gbit/s]';
comment on column mart.new_route_quantile.simulated is 'true where made from simulated traffic';
comment on column mart.new_route_quantile.assumed is 'always true: the route does not exist yet';
