-- one row per run, route_id, direction, failure_id, target_start
create table core.lost_traffic (
    run_id varchar not null,
    route_id varchar not null,
    direction varchar not null,
    failure_id varchar not null,
    target_start date not null,
    lost_p50_gbps double not null,
    lost_p90_gbps double not null,
    hours_per_year double
);
comment on table core.lost_traffic is 'Demand of a route that nothing carries while a failure lasts; only failures that lose some of it. All runs.';
comment on column core.lost_traffic.run_id is 'the run that made the row';
comment on column core.lost_traffic.route_id is 'the route';
comment on column core.lost_traffic.direction is 'in or out';
comment on column core.lost_traffic.failure_id is 'the failure';
comment on column core.lost_traffic.target_start is 'first day of the period [date]';
comment on column core.lost_traffic.lost_p50_gbps is 'median over paths, at p95 of the period [Gbit/s]';
comment on column core.lost_traffic.lost_p90_gbps is '90 % of paths lose no more [Gbit/s]';
comment on column core.lost_traffic.hours_per_year is 'how long a year the failure lasts: cuts x repair time; empty where no cut rate is stated [h]';

-- one row per run, segment_id, direction, target_start
create table core.segment_risk (
    run_id varchar not null,
    segment_id varchar not null,
    direction varchar not null,
    target_start date not null,
    overload_ratio double not null,
    congested_hours double,
    failure_id varchar
);
comment on table core.segment_risk is 'How likely and how long a segment direction is overloaded, failures weighted by cuts x repair time. All runs.';
comment on column core.segment_risk.run_id is 'the run that made the row';
comment on column core.segment_risk.segment_id is 'the segment';
comment on column core.segment_risk.direction is 'az or za';
comment on column core.segment_risk.target_start is 'first day of the period [date]';
comment on column core.segment_risk.overload_ratio is 'share of paths whose load passes lit capacity with nothing failed [0-1]';
comment on column core.segment_risk.congested_hours is 'expected hours a year over lit capacity while something has failed [h]';
comment on column core.segment_risk.failure_id is 'the failure that brings most of them';

-- one row per run, route_id
create table core.route_risk (
    run_id varchar not null,
    route_id varchar not null,
    paths bigint not null,
    rtt_floor_ms double,
    rtt_backup_ms double,
    availability_ratio double,
    unavailable_hours double,
    lost_tb_year double,
    failure_id varchar,
    note varchar
);
comment on table core.route_risk is 'Paths, round-trip floor and availability of a route. All runs.';
comment on column core.route_risk.run_id is 'the run that made the row';
comment on column core.route_risk.route_id is 'the route';
comment on column core.route_risk.paths is 'paths it can take';
comment on column core.route_risk.rtt_floor_ms is 'least round trip over its first path [ms]';
comment on column core.route_risk.rtt_backup_ms is 'least round trip over its longest path [ms]';
comment on column core.route_risk.availability_ratio is 'share of the year with at least one path up; empty where no cut rate is stated [0-1]';
comment on column core.route_risk.unavailable_hours is 'expected hours a year without any path [h]';
comment on column core.route_risk.lost_tb_year is 'expected traffic lost a year at the first 12 months'' median p95 [TB]';
comment on column core.route_risk.failure_id is 'the single failure that loses most of it';
comment on column core.route_risk.note is 'what a reader must know';

-- one row per run, segment_id, order_seq
create table core.upgrade (
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
    reason varchar not null
);
comment on table core.upgrade is 'The cheapest mix of orders over the horizon, and what a budget buys of it. All runs.';
comment on column core.upgrade.run_id is 'the run that made the row';
comment on column core.upgrade.segment_id is 'the segment';
comment on column core.upgrade.order_seq is '1 is the first';
comment on column core.upgrade.option is 'new_wave, new_line_system, new_segment or leased';
comment on column core.upgrade.module_gbps is 'size of a module [Gbit/s]';
comment on column core.upgrade.modules is 'how many';
comment on column core.upgrade.ready_by is 'in service from this period [date]';
comment on column core.upgrade.cost_usd is 'price when bought, eroded from today''s [USD]';
comment on column core.upgrade.present_value_usd is 'discounted to the planning date [USD]';
comment on column core.upgrade.funded is 'true where the budget reaches; true throughout without a budget';
comment on column core.upgrade.priority is '1 is bought first';
comment on column core.upgrade.risk_if_not_ratio is 'probability of running out within the horizon without it [0-1]';
comment on column core.upgrade.reason is 'why, for a reader who is no programmer';

-- one row per run, subject, item
create table core.money_figure (
    run_id varchar not null,
    subject varchar not null,
    item varchar not null,
    low_value double not null,
    likely_value double not null,
    high_value double not null,
    unit varchar not null,
    basis varchar not null,
    assumption_ids varchar not null,
    reason varchar not null
);
comment on table core.money_figure is 'A sum of money or a break-even with its range. All runs.';
comment on column core.money_figure.run_id is 'the run that made the row';
comment on column core.money_figure.subject is 'what it is about: segment:ID, order:SEGMENT/SEQ, route:ID, module:GBPS';
comment on column core.money_figure.item is 'iru_present_value, lease_present_value, break_even_erosion, deferral_value, revenue_at_risk, cost_of_waiting, ...';
comment on column core.money_figure.low_value is '10 % lie below [see unit]';
comment on column core.money_figure.likely_value is 'median [see unit]';
comment on column core.money_figure.high_value is '10 % lie above [see unit]';
comment on column core.money_figure.unit is 'USD, USD/month, ratio/year';
comment on column core.money_figure.basis is 'nominal or real, discount rate, price date';
comment on column core.money_figure.assumption_ids is 'what it rests on, separated by ;';
comment on column core.money_figure.reason is 'what it means, for a reader who is no programmer';

-- one row per run, segment_id, assumption_id
create table core.assumption_effect (
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
comment on table core.assumption_effect is 'How far an assumption moves the last day to order a segment, all others at their stated value. All runs.';
comment on column core.assumption_effect.run_id is 'the run that made the row';
comment on column core.assumption_effect.segment_id is 'the segment';
comment on column core.assumption_effect.assumption_id is 'the assumption, or demand for the spread of the paths';
comment on column core.assumption_effect.name is 'what it states';
comment on column core.assumption_effect.order_by_low is 'last day to order with its low value [date]';
comment on column core.assumption_effect.order_by_base is 'with its stated value [date]';
comment on column core.assumption_effect.order_by_high is 'with its high value [date]';
comment on column core.assumption_effect.swing_days is 'largest distance between the three [day]';
comment on column core.assumption_effect.variance_share_ratio is 'share of the variance of the day to order [0-1]';
comment on column core.assumption_effect.effect_rank is '1 matters most for this segment';

-- one row per run, scenario_id, segment_id, direction, date_kind
create table core.scenario_effect (
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
comment on table core.scenario_effect is 'What a story changes, on the same random draws as the plan beside it. All runs.';
comment on column core.scenario_effect.run_id is 'the run that made the row';
comment on column core.scenario_effect.scenario_id is 'the story';
comment on column core.scenario_effect.segment_id is 'the segment';
comment on column core.scenario_effect.direction is 'az or za';
comment on column core.scenario_effect.date_kind is 'policy or hard';
comment on column core.scenario_effect.t50_base is 'half of the paths have run out by then [date]';
comment on column core.scenario_effect.t50_scenario is 'in the story [date]';
comment on column core.scenario_effect.shift_months is 'mean shift of first passage on paths that run out in both; negative: earlier [month]';
comment on column core.scenario_effect.probability_base is 'share of paths run out by the end [0-1]';
comment on column core.scenario_effect.probability_scenario is 'in the story [0-1]';
comment on column core.scenario_effect.order_by_base is 'last day to order [date]';
comment on column core.scenario_effect.order_by_scenario is 'in the story [date]';
comment on column core.scenario_effect.note is 'what the story assumes';

-- one row per run, project_id, market, alternative_id
create table core.new_route_share (
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
comment on table core.new_route_share is 'How a market divides before and after a new route, and what each incumbent loses. All runs.';
comment on column core.new_route_share.run_id is 'the run that made the row';
comment on column core.new_route_share.project_id is 'the planned build';
comment on column core.new_route_share.market is 'the market it enters';
comment on column core.new_route_share.alternative_id is 'a way through: an incumbent or the new route';
comment on column core.new_route_share.is_new is 'true for the new route';
comment on column core.new_route_share.price_usd_per_mbps_month is 'its price [USD/Mbit/s/month]';
comment on column core.new_route_share.rtt_ms is 'its round trip [ms]';
comment on column core.new_route_share.share_before_ratio is 'share of the market without the new route [0-1]';
comment on column core.new_route_share.share_after_ratio is 'share once it is established [0-1]';
comment on column core.new_route_share.lost_p10_gbps is 'what it loses to the new route at the horizon, 10 % of paths less [Gbit/s]';
comment on column core.new_route_share.lost_p50_gbps is 'median [Gbit/s]';
comment on column core.new_route_share.lost_p90_gbps is '90 % of paths no more [Gbit/s]';

-- one row per run, project_id, market, alternative_id, target_start, quantile_level
create table core.new_route_quantile (
    run_id varchar not null,
    project_id varchar not null,
    market varchar not null,
    alternative_id varchar not null,
    target_start date not null,
    quantile_level double not null,
    value_gbps double not null
);
comment on table core.new_route_quantile is 'Quantiles of what each way through a market carries once a new route is there. All runs.';
comment on column core.new_route_quantile.run_id is 'the run that made the row';
comment on column core.new_route_quantile.project_id is 'the planned build';
comment on column core.new_route_quantile.market is 'the market';
comment on column core.new_route_quantile.alternative_id is 'a way through, or total';
comment on column core.new_route_quantile.target_start is 'first day of the period [date]';
comment on column core.new_route_quantile.quantile_level is 'share of paths at or below [0-1]';
comment on column core.new_route_quantile.value_gbps is 'the quantile [Gbit/s]';

-- one row per run, forecast_id
create table core.new_route_registration (
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
    assumption_ids varchar not null
);
comment on table core.new_route_registration is 'A forecast made before the route exists, and when it counts as wrong. All runs.';
comment on column core.new_route_registration.run_id is 'the run that made the row';
comment on column core.new_route_registration.forecast_id is 'the registered forecast';
comment on column core.new_route_registration.project_id is 'the planned build';
comment on column core.new_route_registration.registered_on is 'day it was made [date]';
comment on column core.new_route_registration.judged_on is 'day it is judged [date]';
comment on column core.new_route_registration.p10_gbps is '10 % of paths lie below [Gbit/s]';
comment on column core.new_route_registration.p50_gbps is 'median [Gbit/s]';
comment on column core.new_route_registration.p90_gbps is '10 % of paths lie above [Gbit/s]';
comment on column core.new_route_registration.ready_probability_ratio is 'probability that it carries traffic by then [0-1]';
comment on column core.new_route_registration.wrong_if is 'what would show it wrong';
comment on column core.new_route_registration.assumption_ids is 'what it rests on, separated by ;';
