-- one row per run, route_id, direction, failure_id, target_start
create table if not exists core.lost_traffic (
    run_id varchar not null,
    route_id varchar not null,
    direction varchar not null,
    failure_id varchar not null,
    target_start date not null,
    lost_p50_gbps double not null,
    lost_p90_gbps double not null,
    hours_per_year double
);

-- one row per run, segment_id, direction, target_start
create table if not exists core.segment_risk (
    run_id varchar not null,
    segment_id varchar not null,
    direction varchar not null,
    target_start date not null,
    overload_ratio double not null,
    congested_hours double,
    failure_id varchar
);

-- one row per run, route_id
create table if not exists core.route_risk (
    run_id varchar not null,
    route_id varchar not null,
    paths bigint not null,
    rtt_floor_ms double,
    rtt_backup_ms double,
    availability_ratio double,
    unavailable_hours double,
    lost_tb_year double,
    failure_id varchar,
    note varchar,
    note_code varchar,
    note_values varchar
);

-- one row per run, segment_id, order_seq
create table if not exists core.upgrade (
    run_id varchar not null,
    segment_id varchar not null,
    order_seq bigint not null,
    option varchar not null,
    module_gbps double not null,
    modules bigint not null,
    ready_by date not null,
    cost_usd double not null,
    present_value_usd double not null,
    funded boolean not null,
    priority bigint not null,
    risk_if_not_ratio double not null,
    reason varchar not null,
    reason_code varchar,
    reason_values varchar
);

-- one row per run, subject, item
create table if not exists core.money_figure (
    run_id varchar not null,
    subject varchar not null,
    item varchar not null,
    low_value double not null,
    likely_value double not null,
    high_value double not null,
    unit varchar not null,
    basis varchar not null,
    assumption_ids varchar not null,
    reason varchar not null,
    basis_code varchar,
    basis_values varchar,
    reason_code varchar,
    reason_values varchar
);

-- one row per run, segment_id, assumption_id
create table if not exists core.assumption_effect (
    run_id varchar not null,
    segment_id varchar not null,
    assumption_id varchar not null,
    name varchar not null,
    order_by_low date,
    order_by_base date,
    order_by_high date,
    swing_days double not null,
    variance_share_ratio double,
    effect_rank bigint not null
);

-- one row per run, scenario_id, segment_id, direction, date_kind
create table if not exists core.scenario_effect (
    run_id varchar not null,
    scenario_id varchar not null,
    segment_id varchar not null,
    direction varchar not null,
    date_kind varchar not null,
    t50_base date,
    t50_scenario date,
    shift_months double,
    probability_base double not null,
    probability_scenario double not null,
    order_by_base date,
    order_by_scenario date,
    note varchar not null
);

-- one row per run, project_id, market, alternative_id
create table if not exists core.new_route_share (
    run_id varchar not null,
    project_id varchar not null,
    market varchar not null,
    alternative_id varchar not null,
    is_new boolean not null,
    price_usd_per_mbps_month double not null,
    rtt_ms double not null,
    share_before_ratio double not null,
    share_after_ratio double not null,
    lost_p10_gbps double not null,
    lost_p50_gbps double not null,
    lost_p90_gbps double not null
);

-- one row per run, project_id, market, alternative_id, target_start, quantile_level
create table if not exists core.new_route_quantile (
    run_id varchar not null,
    project_id varchar not null,
    market varchar not null,
    alternative_id varchar not null,
    target_start date not null,
    quantile_level double not null,
    value_gbps double not null
);

-- one row per run, forecast_id
create table if not exists core.new_route_registration (
    run_id varchar not null,
    forecast_id varchar not null,
    project_id varchar not null,
    registered_on date not null,
    judged_on date not null,
    p10_gbps double not null,
    p50_gbps double not null,
    p90_gbps double not null,
    ready_probability_ratio double not null,
    wrong_if varchar not null,
    assumption_ids varchar not null,
    market varchar,
    wrong_if_code varchar,
    wrong_if_values varchar
);

-- What a run says of earlier ones: why its figures differ, how they did, and how registered forecasts stand.

-- one row per run, forecast_id
create table if not exists core.new_route_score (
    run_id varchar not null,
    forecast_id varchar not null,
    project_id varchar not null,
    market varchar not null,
    registered_on date not null,
    judged_on date not null,
    months_seen bigint not null,
    last_month date,
    last_gbps double,
    p10_gbps double not null,
    p50_gbps double not null,
    p90_gbps double not null,
    updated_p10_gbps double not null,
    updated_p50_gbps double not null,
    updated_p90_gbps double not null,
    weight_of_data_ratio double not null,
    pinball_gbps double,
    verdict varchar not null,
    reason varchar not null,
    reason_code varchar,
    reason_values varchar
);

-- one row per run, series_kind, series_id, direction, measure, target_start, step_seq
create table if not exists core.revision_part (
    run_id varchar not null,
    series_kind varchar not null,
    series_id varchar not null,
    direction varchar not null,
    measure varchar not null,
    target_start date,
    step_seq bigint not null,
    step varchar not null,
    value_before double,
    value_after double,
    change double,
    unit varchar not null,
    date_before date,
    date_after date,
    earlier_run_id varchar not null,
    reason varchar not null,
    reason_code varchar,
    reason_values varchar
);

-- one row per run, grain, statistic, horizon_from, measure
create table if not exists core.live_accuracy (
    run_id varchar not null,
    grain varchar not null,
    statistic varchar not null,
    horizon_from bigint not null,
    horizon_to bigint not null,
    measure varchar not null,
    n bigint not null,
    periods bigint not null,
    first_target date not null,
    last_target date not null,
    n_effective double not null,
    achieved_ratio double not null,
    low_ratio double not null,
    high_ratio double not null,
    promised_ratio double not null,
    error_ratio double,
    drifted boolean not null,
    reason varchar not null,
    reason_code varchar,
    reason_values varchar
);

-- one row per run, grain, statistic, challenger
create table if not exists core.model_challenge (
    run_id varchar not null,
    grain varchar not null,
    statistic varchar not null,
    challenger varchar not null,
    n bigint not null,
    periods bigint not null,
    horizon_to bigint not null,
    champion_error_ratio double not null,
    challenger_error_ratio double not null,
    dm_p double,
    verdict varchar not null,
    reason varchar not null,
    reason_code varchar,
    reason_values varchar
);

-- Planned builds beside the cheapest plan with and without each.

-- one row per run, build_id
create table if not exists core.build_choice (
    run_id varchar not null,
    build_id varchar not null,
    segments varchar not null,
    verdict varchar not null,
    stated_on date not null,
    opens_on date,
    price_usd double,
    build_cost_usd double,
    orders_with_usd double not null,
    orders_without_usd double not null,
    lost_with_usd double,
    lost_without_usd double,
    earned_low_usd double,
    earned_usd double,
    earned_high_usd double,
    own_loss_usd double,
    net_usd double,
    proven boolean not null,
    reason varchar not null,
    reason_code varchar,
    reason_values varchar
);
