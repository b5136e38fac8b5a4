-- one row per segment_id, direction, target_start
create view mart.segment_risk as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.direction, result.target_start, result.overload_ratio, result.congested_hours,
    result.failure_id,
    run.simulated, coalesce(capacity.assumed, true) as assumed
from core.segment_risk as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
comment on view mart.segment_risk is 'How likely and how long segments are overloaded, failures weighted by likelihood, latest runs.';
comment on column mart.segment_risk.run_id is 'the run that made the row; see run_history';
comment on column mart.segment_risk.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.segment_risk.origin is 'first day of the last observed period of the run [date]';
comment on column mart.segment_risk.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.segment_risk.segment_id is 'the segment';
comment on column mart.segment_risk.direction is 'az or za';
comment on column mart.segment_risk.target_start is 'first day of the period [date]';
comment on column mart.segment_risk.overload_ratio is 'share of paths whose load passes lit capacity with nothing failed [0-1]';
comment on column mart.segment_risk.congested_hours is 'expected hours a year over lit capacity while something has failed [h]';
comment on column mart.segment_risk.failure_id is 'the failure that brings most of them';
comment on column mart.segment_risk.simulated is 'true where made from simulated traffic';
comment on column mart.segment_risk.assumed is 'true where a capacity of the segment is an assumption, not a fact';
