-- one row per segment_id, direction, failure_id, target_start, quantile_level
create view mart.segment_load as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.direction, result.failure_id, result.target_start, result.quantile_level,
    result.load_gbps, result.lit_gbps, result.utilization_ratio, result.cause_id,
    coalesce(capacity.assumed, true) as assumed, run.simulated
from core.segment_load as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
comment on view mart.segment_load is 'Load of each segment direction in every failure state, latest runs.';
comment on column mart.segment_load.run_id is 'the run that made the row; see run_history';
comment on column mart.segment_load.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.segment_load.origin is 'first day of the last observed period of the run [date]';
comment on column mart.segment_load.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.segment_load.segment_id is 'the segment';
comment on column mart.segment_load.direction is 'az or za';
comment on column mart.segment_load.failure_id is 'none, or worst: the highest over all failure states, path by path';
comment on column mart.segment_load.target_start is 'first day of the period [date]';
comment on column mart.segment_load.quantile_level is 'share of paths at or below [0-1]';
comment on column mart.segment_load.load_gbps is 'quantile of the combined p95 load of this failure state; loads of different quantiles, states or segments are never added [Gbit/s]';
comment on column mart.segment_load.lit_gbps is 'lit capacity then [Gbit/s]';
comment on column mart.segment_load.utilization_ratio is 'load / lit capacity; empty where nothing is lit [ratio]';
comment on column mart.segment_load.cause_id is 'the failure state that most often brings that load: none, segment:ID, risk_group:ID or node:ID';
comment on column mart.segment_load.assumed is 'true where the capacity it is compared with is assumed';
comment on column mart.segment_load.simulated is 'true where made from simulated traffic';
