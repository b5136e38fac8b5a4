-- one row per run of the forecast and the plan
create table core.forecast_run (
    run_id varchar primary key,
    grain varchar not null,
    origin date not null,
    known_at timestamp with time zone not null,
    settings varchar not null,
    code_version varchar not null,
    data_hash varchar not null,
    seed bigint not null,
    started_at timestamp with time zone not null,
    finished_at timestamp with time zone not null,
    simulated boolean not null
);
comment on table core.forecast_run is 'Every run whose results are kept.';
comment on column core.forecast_run.run_id is 'the month of the origin and a hash of settings, code, data and seed';
comment on column core.forecast_run.grain is 'month, week, day or year';
comment on column core.forecast_run.origin is 'first day of the last observed period [date]';
comment on column core.forecast_run.known_at is 'what was known by then went into the run [UTC]';
comment on column core.forecast_run.settings is 'every setting of the run, as JSON';
comment on column core.forecast_run.code_version is 'version of the software';
comment on column core.forecast_run.data_hash is 'SHA-256 of the data that went in';
comment on column core.forecast_run.seed is 'seed of the random numbers';
comment on column core.forecast_run.started_at is 'when the run began [UTC]';
comment on column core.forecast_run.finished_at is 'when its results were complete [UTC]';
comment on column core.forecast_run.simulated is 'true where any of its traffic is simulated';

-- one row per run, series_kind, series_id, direction, statistic, grain, target_start, quantile_level
create table core.forecast_quantile (
    run_id varchar not null,
    series_kind varchar not null,
    series_id varchar not null,
    direction varchar not null,
    statistic varchar not null,
    grain varchar not null,
    target_start date not null,
    horizon bigint not null,
    quantile_level double not null,
    value_gbps double not null
);
comment on table core.forecast_quantile is 'Quantiles of a series'' forecast paths. All runs.';
comment on column core.forecast_quantile.run_id is 'the run that made the row';
comment on column core.forecast_quantile.series_kind is 'route, market, corridor, total or country';
comment on column core.forecast_quantile.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column core.forecast_quantile.direction is 'in or out, seen from the route''s a_node';
comment on column core.forecast_quantile.statistic is 'mean or p95 of the period''s valid slots';
comment on column core.forecast_quantile.grain is 'month, week, day or year';
comment on column core.forecast_quantile.target_start is 'first day of the period forecast [date]';
comment on column core.forecast_quantile.horizon is '1 is the first period after the origin [periods]';
comment on column core.forecast_quantile.quantile_level is 'share of paths at or below [0-1]';
comment on column core.forecast_quantile.value_gbps is 'the quantile [Gbit/s]';

-- one row per run, series_kind, series_id, direction, statistic, grain
create table core.no_forecast (
    run_id varchar not null,
    series_kind varchar not null,
    series_id varchar not null,
    direction varchar not null,
    statistic varchar not null,
    grain varchar not null,
    reason varchar not null
);
comment on table core.no_forecast is 'A series for which no forecast is made, and why. All runs.';
comment on column core.no_forecast.run_id is 'the run that made the row';
comment on column core.no_forecast.series_kind is 'route, market, corridor, total or country';
comment on column core.no_forecast.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column core.no_forecast.direction is 'in or out, seen from the route''s a_node';
comment on column core.no_forecast.statistic is 'mean or p95 of the period''s valid slots';
comment on column core.no_forecast.grain is 'month, week, day or year';
comment on column core.no_forecast.reason is 'why, for a reader who is no programmer';

-- one row per run, series_kind, series_id, direction, statistic, grain, model, horizon
create table core.backtest_score (
    run_id varchar not null,
    series_kind varchar not null,
    series_id varchar not null,
    direction varchar not null,
    statistic varchar not null,
    grain varchar not null,
    model varchar not null,
    horizon bigint not null,
    n bigint not null,
    bias_gbps double not null,
    mae_gbps double not null,
    mase double,
    pinball_gbps double,
    crps_gbps double,
    coverage_80 double,
    coverage_95 double,
    dm_p double
);
comment on table core.backtest_score is 'How a model did on past origins it had not seen. All runs.';
comment on column core.backtest_score.run_id is 'the run that made the row';
comment on column core.backtest_score.series_kind is 'route, market, corridor, total or country';
comment on column core.backtest_score.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column core.backtest_score.direction is 'in or out, seen from the route''s a_node';
comment on column core.backtest_score.statistic is 'mean or p95 of the period''s valid slots';
comment on column core.backtest_score.grain is 'month, week, day or year';
comment on column core.backtest_score.model is 'ensemble, or a candidate''s name';
comment on column core.backtest_score.horizon is '0: all horizons together [periods]';
comment on column core.backtest_score.n is 'past outcomes scored';
comment on column core.backtest_score.bias_gbps is 'mean of forecast - outcome [Gbit/s]';
comment on column core.backtest_score.mae_gbps is 'mean absolute error [Gbit/s]';
comment on column core.backtest_score.mase is 'MAE over the in-sample seasonal naive MAE [ratio]';
comment on column core.backtest_score.pinball_gbps is 'mean pinball loss, factor 2, over levels [Gbit/s]';
comment on column core.backtest_score.crps_gbps is 'empirical CRPS of the paths [Gbit/s]';
comment on column core.backtest_score.coverage_80 is 'share of outcomes inside the 80 % interval [0-1]';
comment on column core.backtest_score.coverage_95 is 'inside the 95 % interval [0-1]';
comment on column core.backtest_score.dm_p is 'Diebold-Mariano p against seasonal naive (HLN) [0-1]';

-- one row per run, series_kind, series_id, direction, statistic, grain, model, target_start
create table core.forecast_component (
    run_id varchar not null,
    series_kind varchar not null,
    series_id varchar not null,
    direction varchar not null,
    statistic varchar not null,
    grain varchar not null,
    model varchar not null,
    target_start date not null,
    value_gbps double not null,
    weight double not null
);
comment on table core.forecast_component is 'What each candidate said, and its weight in the ensemble. All runs.';
comment on column core.forecast_component.run_id is 'the run that made the row';
comment on column core.forecast_component.series_kind is 'route, market, corridor, total or country';
comment on column core.forecast_component.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column core.forecast_component.direction is 'in or out, seen from the route''s a_node';
comment on column core.forecast_component.statistic is 'mean or p95 of the period''s valid slots';
comment on column core.forecast_component.grain is 'month, week, day or year';
comment on column core.forecast_component.model is 'candidate';
comment on column core.forecast_component.target_start is 'first day of the period [date]';
comment on column core.forecast_component.value_gbps is 'its point forecast [Gbit/s]';
comment on column core.forecast_component.weight is 'its weight [0-1]';

-- one row per run, series_kind, series_id, direction, statistic, grain, period_start
create table core.level_shift (
    run_id varchar not null,
    series_kind varchar not null,
    series_id varchar not null,
    direction varchar not null,
    statistic varchar not null,
    grain varchar not null,
    period_start date not null,
    size_ratio double not null,
    event_id varchar,
    handled varchar not null
);
comment on table core.level_shift is 'A lasting jump found in, or stated for, a series. All runs.';
comment on column core.level_shift.run_id is 'the run that made the row';
comment on column core.level_shift.series_kind is 'route, market, corridor, total or country';
comment on column core.level_shift.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column core.level_shift.direction is 'in or out, seen from the route''s a_node';
comment on column core.level_shift.statistic is 'mean or p95 of the period''s valid slots';
comment on column core.level_shift.grain is 'month, week, day or year';
comment on column core.level_shift.period_start is 'first period at the new level [date]';
comment on column core.level_shift.size_ratio is 'new level / old level [ratio]';
comment on column core.level_shift.event_id is 'the known event that explains it';
comment on column core.level_shift.handled is 'spliced, regressor or shown only';

-- one row per run, segment_id, direction, failure_id, target_start, quantile_level
create table core.segment_load (
    run_id varchar not null,
    segment_id varchar not null,
    direction varchar not null,
    failure_id varchar not null,
    target_start date not null,
    quantile_level double not null,
    load_gbps double not null,
    lit_gbps double not null,
    utilization_ratio double,
    cause_id varchar
);
comment on table core.segment_load is 'Quantiles of a segment''s load under a failure state. All runs.';
comment on column core.segment_load.run_id is 'the run that made the row';
comment on column core.segment_load.segment_id is 'the segment';
comment on column core.segment_load.direction is 'az or za';
comment on column core.segment_load.failure_id is 'none, or worst: the highest over all failure states, path by path';
comment on column core.segment_load.target_start is 'first day of the period [date]';
comment on column core.segment_load.quantile_level is 'share of paths at or below [0-1]';
comment on column core.segment_load.load_gbps is 'combined p95 load [Gbit/s]';
comment on column core.segment_load.lit_gbps is 'lit capacity then [Gbit/s]';
comment on column core.segment_load.utilization_ratio is 'load / lit capacity; empty where nothing is lit [ratio]';
comment on column core.segment_load.cause_id is 'the failure state that most often brings that load: none, segment:ID, risk_group:ID or node:ID';

-- one row per run, segment_id, direction, date_kind
create table core.runout (
    run_id varchar not null,
    segment_id varchar not null,
    direction varchar not null,
    date_kind varchar not null,
    failure_id varchar not null,
    threshold_ratio double not null,
    t10 date,
    t50 date,
    t90 date,
    last_target date not null,
    probability_by_last double not null,
    monte_carlo_se double not null
);
comment on table core.runout is 'When a segment direction first exceeds what may be used of it. All runs.';
comment on column core.runout.run_id is 'the run that made the row';
comment on column core.runout.segment_id is 'the segment';
comment on column core.runout.direction is 'az or za';
comment on column core.runout.date_kind is 'policy (worst failure, threshold) or hard (no failure, all of the capacity)';
comment on column core.runout.failure_id is 'the failure that causes it';
comment on column core.runout.threshold_ratio is 'usable share of lit capacity [ratio]';
comment on column core.runout.t10 is '10 % of paths have run out by this period; empty: after last_target [date]';
comment on column core.runout.t50 is '50 % [date]';
comment on column core.runout.t90 is '90 % [date]';
comment on column core.runout.last_target is 'last period looked at [date]';
comment on column core.runout.probability_by_last is 'share of paths run out by last_target [0-1]';
comment on column core.runout.monte_carlo_se is 'standard error of probability_by_last [0-1]';

-- one row per run, segment_id, direction, date_kind, target_start
create table core.runout_probability (
    run_id varchar not null,
    segment_id varchar not null,
    direction varchar not null,
    date_kind varchar not null,
    target_start date not null,
    probability double not null
);
comment on table core.runout_probability is 'Share of paths run out by a period. All runs.';
comment on column core.runout_probability.run_id is 'the run that made the row';
comment on column core.runout_probability.segment_id is 'the segment';
comment on column core.runout_probability.direction is 'az or za';
comment on column core.runout_probability.date_kind is 'policy or hard';
comment on column core.runout_probability.target_start is 'first day of the period [date]';
comment on column core.runout_probability.probability is 'F(t): share of paths whose first passage is at or before t [0-1]';

-- one row per run, segment_id, order_seq
create table core.order_plan (
    run_id varchar not null,
    segment_id varchar not null,
    order_seq bigint not null,
    option varchar not null,
    modules bigint not null,
    module_gbps double not null,
    order_by date,
    ready_by date,
    overdue_months double not null,
    lead_time_low_months double,
    lead_time_likely_months double,
    lead_time_high_months double,
    risk_alpha_ratio double not null,
    p_late_now_ratio double,
    failure_id varchar not null,
    cost_usd double,
    present_value_usd double,
    reason varchar not null
);
comment on table core.order_plan is 'What to order for a segment, by when, and why. All runs.';
comment on column core.order_plan.run_id is 'the run that made the row';
comment on column core.order_plan.segment_id is 'the segment';
comment on column core.order_plan.order_seq is '1 is the next order';
comment on column core.order_plan.option is 'new_wave, new_line_system, new_segment or leased; none where no order is needed';
comment on column core.order_plan.modules is 'modules to order';
comment on column core.order_plan.module_gbps is 'size of a module [Gbit/s]';
comment on column core.order_plan.order_by is 'last day at which P(late) <= risk; empty: no order within the horizon [date]';
comment on column core.order_plan.ready_by is 'when it must carry traffic [date]';
comment on column core.order_plan.overdue_months is 'how long ago order_by was; 0 where it is ahead [month]';
comment on column core.order_plan.lead_time_low_months is 'P10 [month]';
comment on column core.order_plan.lead_time_likely_months is 'most likely [month]';
comment on column core.order_plan.lead_time_high_months is 'P90 [month]';
comment on column core.order_plan.risk_alpha_ratio is 'accepted probability of being late [0-1]';
comment on column core.order_plan.p_late_now_ratio is 'probability of being late if ordered today [0-1]';
comment on column core.order_plan.failure_id is 'the failure it is sized for';
comment on column core.order_plan.cost_usd is 'price today, where an assumption states one [USD]';
comment on column core.order_plan.present_value_usd is 'discounted cost [USD]';
comment on column core.order_plan.reason is 'why, for a reader who is no programmer';

-- one row per run, topic, subject
create table core.plan_note (
    run_id varchar not null,
    topic varchar not null,
    subject varchar not null,
    note varchar not null
);
comment on table core.plan_note is 'What a plan had to leave out or assume, and why. All runs.';
comment on column core.plan_note.run_id is 'the run that made the row';
comment on column core.plan_note.topic is 'no_forecast, no_capacity, missing_lead_time, missing_price, unmeasured_coincidence, ...';
comment on column core.plan_note.subject is 'what it concerns';
comment on column core.plan_note.note is 'why, for a reader who is no programmer';

-- one row per copy made for readers
create table ops.edition (
    edition_seq bigint primary key,
    edition_id varchar not null
);
comment on table ops.edition is 'The copies made for readers; a copy is the last one named in it.';
comment on column ops.edition.edition_seq is 'place in the order of publication';
comment on column ops.edition.edition_id is 'name of the edition';
