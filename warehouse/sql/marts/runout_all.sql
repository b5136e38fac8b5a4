-- one row per run, segment_id, direction, date_kind
create view mart.runout_all as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.direction, result.date_kind, result.failure_id, result.threshold_ratio,
    result.t10, result.t50, result.t90, result.last_target, result.probability_by_last,
    result.monte_carlo_se,
    coalesce(capacity.assumed, true) as assumed, run.simulated, run.latest
from core.runout as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id);
comment on view mart.runout_all is 'When each segment direction runs out of capacity, in all runs: the vintages of the date.';
comment on column mart.runout_all.run_id is 'the run that made the row; see run_history';
comment on column mart.runout_all.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.runout_all.origin is 'first day of the last observed period of the run [date]';
comment on column mart.runout_all.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.runout_all.segment_id is 'the segment';
comment on column mart.runout_all.direction is 'az or za';
comment on column mart.runout_all.date_kind is 'policy (worst failure, threshold) or hard (no failure, all of the capacity)';
comment on column mart.runout_all.failure_id is 'the failure that causes it';
comment on column mart.runout_all.threshold_ratio is 'usable share of lit capacity [ratio]';
comment on column mart.runout_all.t10 is '10 % of paths have run out by this period; empty: after last_target [date]';
comment on column mart.runout_all.t50 is '50 % [date]';
comment on column mart.runout_all.t90 is '90 % [date]';
comment on column mart.runout_all.last_target is 'last period looked at [date]';
comment on column mart.runout_all.probability_by_last is 'share of paths run out by last_target [0-1]';
comment on column mart.runout_all.monte_carlo_se is 'standard error of probability_by_last [0-1]';
comment on column mart.runout_all.assumed is 'true where the capacity it is compared with is assumed';
comment on column mart.runout_all.simulated is 'true where made from simulated traffic';
comment on column mart.runout_all.latest is 'true where the run speaks for its grain now';
