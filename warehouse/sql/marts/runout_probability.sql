-- one row per segment_id, direction, date_kind, target_start
create view mart.runout_probability as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.direction, result.date_kind, result.target_start, result.probability,
    coalesce(capacity.assumed, true) as assumed, run.simulated
from core.runout_probability as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
comment on view mart.runout_probability is 'Share of futures in which a segment direction has run out by a period, latest runs.';
comment on column mart.runout_probability.run_id is 'the run that made the row; see run_history';
comment on column mart.runout_probability.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.runout_probability.origin is 'first day of the last observed period of the run [date]';
comment on column mart.runout_probability.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.runout_probability.segment_id is 'the segment';
comment on column mart.runout_probability.direction is 'az or za';
comment on column mart.runout_probability.date_kind is 'policy or hard';
comment on column mart.runout_probability.target_start is 'first day of the period [date]';
comment on column mart.runout_probability.probability is 'F(t): share of paths whose first passage is at or before t [0-1]';
comment on column mart.runout_probability.assumed is 'true where the capacity it is compared with is assumed';
comment on column mart.runout_probability.simulated is 'true where made from simulated traffic';
