-- one row per run of the forecast and the plan
create table if not exists core.forecast_run (
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

-- one row per run, series_kind, series_id, direction, statistic, grain, target_start, quantile_level
create table if not exists core.forecast_quantile (
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

-- one row per run, series_kind, series_id, direction, statistic, grain
create table if not exists core.no_forecast (
    run_id varchar not null,
    series_kind varchar not null,
    series_id varchar not null,
    direction varchar not null,
    statistic varchar not null,
    grain varchar not null,
    reason varchar not null,
    reason_code varchar,
    reason_values varchar
);

-- one row per run, series_kind, series_id, direction, statistic, grain, model, horizon
create table if not exists core.backtest_score (
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

-- one row per run, series_kind, series_id, direction, statistic, grain, model, target_start
create table if not exists core.forecast_component (
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

-- one row per run, series_kind, series_id, direction, statistic, grain, period_start
create table if not exists core.level_shift (
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

-- one row per run, segment_id, direction, failure_id, target_start, quantile_level
create table if not exists core.segment_load (
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

-- one row per run, segment_id, direction, date_kind
create table if not exists core.runout (
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

-- one row per run, segment_id, direction, date_kind, target_start
create table if not exists core.runout_probability (
    run_id varchar not null,
    segment_id varchar not null,
    direction varchar not null,
    date_kind varchar not null,
    target_start date not null,
    probability double not null
);

-- one row per run, segment_id, order_seq
create table if not exists core.order_plan (
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
    reason varchar not null,
    reason_code varchar,
    reason_values varchar
);

-- one row per run, topic, subject
create table if not exists core.plan_note (
    run_id varchar not null,
    topic varchar not null,
    subject varchar not null,
    note varchar not null,
    note_code varchar,
    note_values varchar
);

-- one row per copy made for readers
create table if not exists ops.edition (
    edition_seq bigint primary key,
    edition_id varchar not null
);

-- The quantiles of a period side by side: what past forecasts said is held against what came without gathering them anew.

-- one row per run, series_kind, series_id, direction, statistic, grain, target_start
create table if not exists core.forecast_fan (
    run_id varchar not null,
    series_kind varchar not null,
    series_id varchar not null,
    direction varchar not null,
    statistic varchar not null,
    grain varchar not null,
    target_start date not null,
    horizon bigint not null,
    low_95_gbps double,
    low_80_gbps double,
    median_gbps double,
    high_80_gbps double,
    high_95_gbps double,
    levels double[] not null,
    values_gbps double[] not null
);

-- one row per driver_id, scope_kind, scope_id, period_start and time it became known
create table if not exists core.driver (
    driver_id varchar not null,
    scope_kind varchar not null,
    scope_id varchar not null,
    period_start date not null,
    value double not null,
    unit varchar not null,
    assumed boolean not null,
    source varchar,
    confidence varchar,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null
);

-- one row per run, series_kind, series_id, direction, statistic, grain, effect
create table if not exists core.forecast_effect (
    run_id varchar not null,
    series_kind varchar not null,
    series_id varchar not null,
    direction varchar not null,
    statistic varchar not null,
    grain varchar not null,
    effect varchar not null,
    kind varchar not null,
    measured_log double,
    error_log double,
    used_log double not null,
    decay_ratio double,
    verdict varchar not null,
    verdict_code varchar,
    verdict_values varchar
);
