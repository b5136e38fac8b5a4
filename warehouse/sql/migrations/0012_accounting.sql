-- What a run says of earlier ones: why its figures differ, how they did, and how registered forecasts stand.

alter table core.new_route_registration add column market varchar;
comment on column core.new_route_registration.market is 'the market it enters';

-- one row per run, forecast_id
create table core.new_route_score (
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
    reason varchar not null
);
comment on table core.new_route_score is 'A registered forecast beside the months that came on the new route''s segment. All runs.';
comment on column core.new_route_score.run_id is 'the run that made the row';
comment on column core.new_route_score.forecast_id is 'the registered forecast';
comment on column core.new_route_score.project_id is 'the planned build';
comment on column core.new_route_score.market is 'the market it enters';
comment on column core.new_route_score.registered_on is 'day it was made [date]';
comment on column core.new_route_score.judged_on is 'day it is judged [date]';
comment on column core.new_route_score.months_seen is 'months with traffic on the segment so far [month]';
comment on column core.new_route_score.last_month is 'the last of them [date]';
comment on column core.new_route_score.last_gbps is 'what came in it; empty before the first [Gbit/s]';
comment on column core.new_route_score.p10_gbps is 'registered: 10 % of paths lie below [Gbit/s]';
comment on column core.new_route_score.p50_gbps is 'registered: median [Gbit/s]';
comment on column core.new_route_score.p90_gbps is 'registered: 10 % of paths lie above [Gbit/s]';
comment on column core.new_route_score.updated_p10_gbps is 'the level once the months seen are weighed in: 10 % lie below [Gbit/s]';
comment on column core.new_route_score.updated_p50_gbps is 'median [Gbit/s]';
comment on column core.new_route_score.updated_p90_gbps is '10 % lie above [Gbit/s]';
comment on column core.new_route_score.weight_of_data_ratio is 'weight of the months seen against the registered forecast [0-1]';
comment on column core.new_route_score.pinball_gbps is 'pinball loss of the three registered quantiles against what came, factor 2; empty while no month was seen and the day is ahead [Gbit/s]';
comment on column core.new_route_score.verdict is 'open until the day it is judged on, then right or wrong';
comment on column core.new_route_score.reason is 'why, for a reader who is no programmer';

-- one row per run, series_kind, series_id, direction, measure, target_start, step_seq
create table core.revision_part (
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
    reason varchar not null
);
comment on table core.revision_part is 'Why a figure differs from the run before: what each change moved, in the order in which they are exchanged; nothing is left over. All runs.';
comment on column core.revision_part.run_id is 'the run that made the row';
comment on column core.revision_part.series_kind is 'route, market, corridor, total, country, or segment';
comment on column core.revision_part.series_id is 'the route_id, market, corridor, ''total'', country, or segment_id';
comment on column core.revision_part.direction is 'in or out of a route; az or za of a segment; both for the order, which serves both';
comment on column core.revision_part.measure is 'mean_gbps or p95_gbps (median forecast), runout_days (policy date, half of the paths), hard_runout_days, order_by_days (last day to order), runout_probability_ratio (policy, by target_start)';
comment on column core.revision_part.target_start is 'first day of the period forecast; empty for dates [date]';
comment on column core.revision_part.step_seq is '1 to 4: the order in which the changes are exchanged';
comment on column core.revision_part.step is 'history_revised, new_observations, model or assumptions';
comment on column core.revision_part.value_before is 'the figure before the change; before the first: what the earlier run said; a date as days since 1970-01-01; empty where it is after the horizon [see unit]';
comment on column core.revision_part.value_after is 'the figure after it; after the last: what this run says [see unit]';
comment on column core.revision_part.change is 'after - before; empty where either is after the horizon [see unit]';
comment on column core.revision_part.unit is 'Gbit/s, day or ratio';
comment on column core.revision_part.date_before is 'value_before as a date, for dates [date]';
comment on column core.revision_part.date_after is 'value_after as a date, for dates [date]';
comment on column core.revision_part.earlier_run_id is 'the run it is compared with';
comment on column core.revision_part.reason is 'what was exchanged in this step, for a reader who is no programmer';

-- one row per run, grain, statistic, horizon_from, measure
create table core.live_accuracy (
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
    reason varchar not null
);
comment on table core.live_accuracy is 'Whether past runs'' intervals held what their receipts promised, once the months came. All runs.';
comment on column core.live_accuracy.run_id is 'the run that made the row';
comment on column core.live_accuracy.grain is 'month, week, day or year';
comment on column core.live_accuracy.statistic is 'mean or p95 of the period''s valid slots';
comment on column core.live_accuracy.horizon_from is 'first horizon of the band [periods]';
comment on column core.live_accuracy.horizon_to is 'last horizon of the band [periods]';
comment on column core.live_accuracy.measure is 'inside_80, inside_95 (share of outcomes in the interval) or above_median (share above the median)';
comment on column core.live_accuracy.n is 'past forecasts whose period is over';
comment on column core.live_accuracy.periods is 'different periods they are of';
comment on column core.live_accuracy.first_target is 'the earliest of them [date]';
comment on column core.live_accuracy.last_target is 'the latest of them [date]';
comment on column core.live_accuracy.n_effective is 'independent outcomes they are worth: series of one period miss together';
comment on column core.live_accuracy.achieved_ratio is 'share of outcomes [0-1]';
comment on column core.live_accuracy.low_ratio is 'lower end of the 99 % Wilson interval of the share [0-1]';
comment on column core.live_accuracy.high_ratio is 'upper end [0-1]';
comment on column core.live_accuracy.promised_ratio is 'share that the backtest''s receipt of those runs gives; one half for above_median [0-1]';
comment on column core.live_accuracy.error_ratio is 'mean absolute error of the medians over that of the receipt; empty where it gives none [ratio]';
comment on column core.live_accuracy.drifted is 'true where the promised share lies outside the interval';
comment on column core.live_accuracy.reason is 'what that means, for a reader who is no programmer';

-- one row per run, grain, statistic, challenger
create table core.model_challenge (
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
    reason varchar not null
);
comment on table core.model_challenge is 'Every candidate and benchmark against the ensemble on past runs'' forecasts whose period is over. All runs.';
comment on column core.model_challenge.run_id is 'the run that made the row';
comment on column core.model_challenge.grain is 'month, week, day or year';
comment on column core.model_challenge.statistic is 'mean or p95 of the period''s valid slots';
comment on column core.model_challenge.challenger is 'a candidate of the ensemble, seasonal_naive or drift';
comment on column core.model_challenge.n is 'past forecasts compared';
comment on column core.model_challenge.periods is 'different periods they are of';
comment on column core.model_challenge.horizon_to is 'longest horizon among them [periods]';
comment on column core.model_challenge.champion_error_ratio is 'mean absolute error of the ensemble over the mean of what came [ratio]';
comment on column core.model_challenge.challenger_error_ratio is 'the same of the challenger [ratio]';
comment on column core.model_challenge.dm_p is 'two-sided Diebold-Mariano p over periods (HLN); empty where not computable [0-1]';
comment on column core.model_challenge.verdict is 'too_early, keep or promote';
comment on column core.model_challenge.reason is 'by which rule, for a reader who is no programmer';
