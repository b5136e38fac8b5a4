-- one row per segment_id, direction, date_kind
create view mart.runout as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.direction, result.date_kind, result.failure_id, result.threshold_ratio,
    result.t10, result.t50, result.t90, result.last_target, result.probability_by_last,
    result.monte_carlo_se,
    coalesce(capacity.assumed, true) as assumed, run.simulated
from core.runout as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
comment on view mart.runout is 'When each segment direction runs out of capacity, latest runs.';
comment on column mart.runout.run_id is 'the run that made the row; see run_history';
comment on column mart.runout.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.runout.origin is 'first day of the last observed period of the run [date]';
comment on column mart.runout.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.runout.segment_id is 'the segment';
comment on column mart.runout.direction is 'az or za';
comment on column mart.runout.date_kind is 'policy (worst failure, threshold) or hard (no failure, all of the capacity)';
comment on column mart.runout.failure_id is 'the failure that causes it';
comment on column mart.runout.threshold_ratio is 'usable share of lit capacity [ratio]';
comment on column mart.runout.t10 is '10 % of paths have run out by this period; empty: after last_target [date]';
comment on column mart.runout.t50 is '50 % [date]';
comment on column mart.runout.t90 is '90 % [date]';
comment on column mart.runout.last_target is 'last period looked at [date]';
comment on column mart.runout.probability_by_last is 'share of paths run out by last_target [0-1]';
comment on column mart.runout.monte_carlo_se is 'standard error of probability_by_last [0-1]';
comment on column mart.runout.assumed is 'true where the capacity it is compared with is assumed';
comment on column mart.runout.simulated is 'true where made from simulated traffic';
