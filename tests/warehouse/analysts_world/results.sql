-- $vintages runs, the last with October 2026 as its origin, each forecasting $horizon months; the plan of every run.
create temp table a_run as
select
    v, strftime(origin, '%Y-%m') || '-' || md5(v::varchar)[1:8] as run_id, origin, $months - $vintages + v as m,
    origin + interval 1 month + interval 1 day + interval 6 hour as known_at
from (select v, (date '2026-10-01' - to_months($vintages - 1 - v))::date as origin from range($vintages) as r(v));

insert into core.forecast_run by name
select
    run_id, 'month' as grain, origin, known_at, '{}' as settings, case when v < $vintages - 3 then '0.1.0' else '0.1.1' end as code_version,
    md5('data' || v) as data_hash, 20251125 as seed, known_at as started_at, known_at + interval 4 minute as finished_at, true as simulated
from a_run;

insert into core.forecast_quantile by name
with level(quantile_level, z) as (
    values (0.025, -1.96), (0.05, -1.645), (0.1, -1.2816), (0.2, -0.8416), (0.25, -0.6745), (0.3, -0.5244), (0.4, -0.2533), (0.5, 0.0), (0.6, 0.2533),
        (0.7, 0.5244), (0.75, 0.6745), (0.8, 0.8416), (0.9, 1.2816), (0.95, 1.645), (0.975, 1.96)
)
select
    run.run_id, series_kind, series_id, direction, statistic, 'month' as grain, (origin + to_months(h))::date as target_start, h as horizon, quantile_level,
    round(value_gbps * exp(0.015 * h + 0.025 * sqrt(h) * sin(run.v * 1.7 + length(series_id)) + z * 0.035 * sqrt(h)), 6) as value_gbps
from a_run as run
join a_series as series on series.m = run.m - 1, range(1, $horizon + 1) as t(h), level
where series.value_gbps is not null;

insert into core.no_forecast by name
select run_id, 'route' as series_kind, 'GYD-SOF' as series_id, 'in' as direction, 'p95' as statistic, 'month' as grain, '7 months are known, 24 are wanted' as reason
from a_run;

insert into core.backtest_score by name
select
    run_id, series_kind, series_id, direction, statistic, 'month' as grain, model, 0 as horizon, 118 as n, 0.01 * value_gbps as bias_gbps,
    round((0.03 + 0.01 * (model = 'drift')::int) * value_gbps, 6) as mae_gbps, round(0.7 + 0.3 * abs(sin(length(series_id) + value_gbps)) + 0.2 * (model = 'drift')::int, 6) as mase,
    round(0.02 * value_gbps, 6) as pinball_gbps, round(0.025 * value_gbps, 6) as crps_gbps, 0.78 as coverage_80, 0.94 as coverage_95, 0.03 as dm_p
from a_run as run
join a_series as series on series.m = run.m - 1, (values ('ensemble'), ('drift')) as c(model)
where series.value_gbps is not null;

insert into core.forecast_component by name
select
    run_id, series_kind, series_id, direction, statistic, 'month' as grain, model, (origin + interval 12 month)::date as target_start,
    round(value_gbps * 1.2, 6) as value_gbps, weight
from a_run as run
join a_series as series on series.m = run.m - 1, (values ('smoothing', 0.55), ('growth', 0.3), ('drift', 0.15)) as c(model, weight)
where series.value_gbps is not null;

insert into core.level_shift by name
select run_id, 'route' as series_kind, 'TAS-SOF' as series_id, 'in' as direction, 'mean' as statistic, 'month' as grain, date '2025-06-01' as period_start, 0.82 as size_ratio, 'CUT-2025-06' as event_id, 'regressor' as handled
from a_run where v = $vintages - 1;

insert into core.forecast_effect by name
select run_id, 'route' as series_kind, 'TAS-SOF' as series_id, 'in' as direction, 'mean' as statistic, 'month' as grain, effect, kind, measured_log, error_log, used_log, decay_ratio, verdict
from a_run, (values ('ramadan', 'calendar', -0.08, 0.02, -0.06, null, 'used'), ('event:SURGE-2025', 'event', 0.4, 0.1, 0.37, 0.8, 'used'),
    ('driver:customers', 'driver', 0.1, 0.2, 0.0, null, 'noise explains it')) as e(effect, kind, measured_log, error_log, used_log, decay_ratio, verdict)
where v = $vintages - 1;

create temp table a_load as
select
    run_id, v, origin, i, segment_id, direction, lit_gbps, (origin + to_months(h))::date as target_start, h, failure_id,
    lit_gbps * (0.45 + (i * 17 % 40) / 100) * case when direction = 'az' then 1 else 0.4 end * case when failure_id = 'worst' then 1.35 else 1 end * exp(0.013 * (h + v - $vintages + 1)) as load_gbps
from a_run, a_segment
join core.capacity using (segment_id), (values ('az'), ('za')) as d(direction), (values ('none'), ('worst')) as f(failure_id), range(1, $horizon + 1) as t(h)
where v >= $vintages - 3;

insert into core.segment_load by name
select
    run_id, segment_id, direction, failure_id, target_start, quantile_level, round(load_gbps * exp(z * 0.03 * sqrt(h)), 6) as load_gbps, lit_gbps,
    round(load_gbps * exp(z * 0.03 * sqrt(h)) / lit_gbps, 6) as utilization_ratio,
    case when failure_id = 'worst' then 'segment:S' || lpad((1 + (i + 1) % (select count(*) from a_segment))::varchar, 3, '0') else 'none' end as cause_id
from a_load, (values (0.1, -1.2816), (0.5, 0.0), (0.9, 1.2816)) as l(quantile_level, z);

create temp table a_passage as
select
    run_id, v, origin, segment_id, i, direction, date_kind, failure_id, max(target_start) as last_target,
    min(target_start) filter (where load_gbps * exp(1.2816 * 0.03 * sqrt(h)) > limit_gbps) as t10, min(target_start) filter (where load_gbps > limit_gbps) as t50,
    min(target_start) filter (where load_gbps * exp(-1.2816 * 0.03 * sqrt(h)) > limit_gbps) as t90
from (
    select *, case when failure_id = 'worst' then 'policy' else 'hard' end as date_kind, lit_gbps * case when failure_id = 'worst' then 0.8 else 1 end as limit_gbps from a_load
)
group by all;

insert into core.runout by name
select
    run_id, segment_id, direction, date_kind,
    case when failure_id = 'worst' then 'segment:S' || lpad((1 + (i + 1) % (select count(*) from a_segment))::varchar, 3, '0') else 'none' end as failure_id,
    case when date_kind = 'policy' then 0.8 else 1 end as threshold_ratio, t10, t50, t90, last_target,
    case when t90 is not null then 0.97 when t50 is not null then 0.7 when t10 is not null then 0.3 else 0.02 end as probability_by_last, 0.01 as monte_carlo_se
from a_passage;

insert into core.runout_probability by name
select run_id, segment_id, direction, date_kind, target_start, case when target_start >= t90 then 0.9 when target_start >= t50 then 0.5 when target_start >= t10 then 0.1 else 0 end as probability
from a_passage
join (select distinct run_id, target_start from a_load) using (run_id);

insert into core.order_plan by name
with due as (
    select run_id, origin, segment_id, i, min(t10) as ready_by
    from a_passage
    where date_kind = 'policy'
    group by all
)
select
    run_id, segment_id, 1 as order_seq, case when ready_by is null then 'none' else 'new_wave' end as option, case when ready_by is null then 0 else 1 + i % 2 end as modules, 100.0 as module_gbps,
    (ready_by - interval 6 month)::date as order_by, ready_by, greatest(0, date_diff('month', (ready_by - interval 6 month)::date, origin))::double as overdue_months,
    3.0 as lead_time_low_months, 5.0 as lead_time_likely_months, 9.0 as lead_time_high_months, 0.2 as risk_alpha_ratio, 0.15 as p_late_now_ratio,
    'segment:S' || lpad((1 + (i + 1) % (select count(*) from a_segment))::varchar, 3, '0') as failure_id,
    case when ready_by is not null then 50000.0 * (1 + i % 2) end as cost_usd, case when ready_by is not null then 46000.0 * (1 + i % 2) end as present_value_usd,
    case when ready_by is null then 'No order is needed within the horizon.'
        else 'On 20 % of the paths its load with its worst failure passes 80 % of what is lit by ' || strftime(ready_by, '%Y-%m') || '; a module takes 3 to 9 months.' end as reason
from due;

insert into core.lost_traffic by name
select
    run_id, route_id, 'in' as direction, 'segment:S' || lpad((1 + i % (select count(*) from a_segment))::varchar, 3, '0') as failure_id, (origin + interval 12 month)::date as target_start,
    round(start_gbps * 0.5, 6) as lost_p50_gbps, round(start_gbps * 0.6, 6) as lost_p90_gbps, 48.0 as hours_per_year
from a_run, a_route
where v = $vintages - 1 and i % 4 = 1;

insert into core.segment_risk by name
select run_id, segment_id, direction, target_start, 0.05 as overload_ratio, 12.0 as congested_hours, 'none' as failure_id
from a_load
where failure_id = 'none' and v = $vintages - 1;

insert into core.coincidence_month by name
select a.route_id || ':in+' || b.route_id || ':in' as combination_id, period_start, 0.92 + 0.05 * sin(a.i) as kappa, 8900 as slots, timestamptz '2026-11-02 00:00:00+00' as known_at, 1 as version
from a_route as a
join a_route as b on b.i = a.i + 1, (select distinct period_start from a_mean);

-- What moved each median since the run before: a new method in the third last run, a corrected July of AKT-MOW in the one after it, else the new month.
insert into core.revision_part by name
with said as (
    select run.v, run.run_id, run.origin, series_kind, series_id, direction, statistic, target_start, value_gbps
    from a_run as run
    join core.forecast_quantile using (run_id)
    where quantile_level = 0.5
),
moved as (
    select
        later.* exclude (value_gbps), earlier.run_id as earlier_run_id, earlier.value_gbps as v0, later.value_gbps as v4,
        case when later.v = $vintages - 2 and later.series_id = 'AKT-MOW' then round(v0 + 0.2 * (v4 - v0), 6) else v0 end as v1,
        case when later.v = $vintages - 3 then round(v0 + 0.6 * (v4 - v0), 6) else v4 end as v2
    from said as later
    join said as earlier
        on earlier.v = later.v - 1 and earlier.series_kind = later.series_kind and earlier.series_id = later.series_id and earlier.direction = later.direction
        and earlier.statistic = later.statistic and earlier.target_start = later.target_start
),
step(step_seq, step) as (values (1, 'history_revised'), (2, 'new_observations'), (3, 'model'), (4, 'assumptions'))
select
    run_id, series_kind, series_id, direction, statistic || '_gbps' as measure, target_start, step_seq, step, [v0, v1, v2, v4][step_seq] as value_before,
    [v1, v2, v4, v4][step_seq] as value_after, value_after - value_before as change, 'Gbit/s' as unit, earlier_run_id,
    case step when 'history_revised' then case when v1 = v0 then 'No value of a period was revised.' else 'July 2026 of AKT-MOW was corrected.' end
        when 'new_observations' then strftime(origin, '%Y-%m') || ' became known.'
        when 'model' then case when v2 = v4 then 'The software and the settings of the forecast are the same.' else 'The software is another.' end
        else 'Nothing that people state has changed.' end as reason
from moved, step;

insert into core.revision_part by name
with moved as (
    select
        later.run_id, later.origin, later.segment_id, later.direction, earlier.run_id as earlier_run_id,
        earlier.t50 as date_then, later.t50 as date_now
    from a_passage as later
    join a_passage as earlier on earlier.v = later.v - 1 and earlier.segment_id = later.segment_id and earlier.direction = later.direction and earlier.date_kind = later.date_kind
    where later.date_kind = 'policy' and later.t50 is distinct from earlier.t50
),
step(step_seq, step) as (values (1, 'history_revised'), (2, 'new_observations'), (3, 'model'), (4, 'assumptions'))
select
    run_id, 'segment' as series_kind, segment_id as series_id, direction, 'runout_days' as measure, step_seq, step, 'day' as unit, earlier_run_id,
    case when step_seq <= 2 then date_then else date_now end as date_before, case when step_seq = 1 then date_then else date_now end as date_after,
    (date_before - date '1970-01-01')::double as value_before, (date_after - date '1970-01-01')::double as value_after, value_after - value_before as change,
    case step when 'new_observations' then strftime(origin, '%Y-%m') || ' became known.' else 'Nothing changed.' end as reason
from moved, step;
