-- one row per series_kind, series_id, direction, statistic, grain, model, horizon
create view mart.backtest_score as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.series_kind, result.series_id, result.direction, result.statistic, result.grain, result.model,
    result.horizon, result.n, result.bias_gbps, result.mae_gbps, result.mase, result.pinball_gbps,
    result.crps_gbps, result.coverage_80, result.coverage_95, result.dm_p,
    result.series_kind <> 'country' and run.simulated as simulated
from core.backtest_score as result
join mart.run_history as run using (run_id)
where run.latest;
comment on view mart.backtest_score is 'How each model did on past origins it had not seen, in the latest runs.';
comment on column mart.backtest_score.run_id is 'the run that made the row; see run_history';
comment on column mart.backtest_score.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.backtest_score.origin is 'first day of the last observed period of the run [date]';
comment on column mart.backtest_score.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.backtest_score.series_kind is 'route, market, corridor, total or country';
comment on column mart.backtest_score.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column mart.backtest_score.direction is 'in or out, seen from the route''s a_node';
comment on column mart.backtest_score.statistic is 'mean or p95 of the period''s valid slots';
comment on column mart.backtest_score.grain is 'month, week, day or year';
comment on column mart.backtest_score.model is 'ensemble, or a candidate''s name';
comment on column mart.backtest_score.horizon is '0: all horizons together [periods]';
comment on column mart.backtest_score.n is 'past outcomes scored';
comment on column mart.backtest_score.bias_gbps is 'mean of forecast - outcome [Gbit/s]';
comment on column mart.backtest_score.mae_gbps is 'mean absolute error [Gbit/s]';
comment on column mart.backtest_score.mase is 'MAE over the in-sample seasonal naive MAE [ratio]';
comment on column mart.backtest_score.pinball_gbps is 'mean pinball loss, factor 2, over levels [Gbit/s]';
comment on column mart.backtest_score.crps_gbps is 'empirical CRPS of the paths [Gbit/s]';
comment on column mart.backtest_score.coverage_80 is 'share of outcomes inside the 80 % interval [0-1]';
comment on column mart.backtest_score.coverage_95 is 'inside the 95 % interval [0-1]';
comment on column mart.backtest_score.dm_p is 'Diebold-Mariano p against seasonal naive (HLN) [0-1]';
comment on column mart.backtest_score.simulated is 'true where made from simulated traffic; yearly bandwidth of countries is reported, never simulated';
