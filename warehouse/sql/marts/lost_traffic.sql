-- one row per route_id, direction, failure_id, target_start
create view mart.lost_traffic as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.route_id, result.direction, result.failure_id, result.target_start, result.lost_p50_gbps,
    result.lost_p90_gbps, result.hours_per_year,
    run.simulated, coalesce(path.assumed, true) as assumed
from core.lost_traffic as result
join mart.run_history as run using (run_id)
left join (
    select path.route_id, bool_or(coalesce(segment.assumed, true)) as assumed
    from mart.route_path as path
    left join mart.segment as segment using (segment_id)
    group by path.route_id
) as path using (route_id)
where run.latest;
comment on view mart.lost_traffic is 'Demand nothing carries while a failure lasts, latest runs.';
comment on column mart.lost_traffic.run_id is 'the run that made the row; see run_history';
comment on column mart.lost_traffic.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.lost_traffic.origin is 'first day of the last observed period of the run [date]';
comment on column mart.lost_traffic.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.lost_traffic.route_id is 'the route';
comment on column mart.lost_traffic.direction is 'in or out';
comment on column mart.lost_traffic.failure_id is 'the failure';
comment on column mart.lost_traffic.target_start is 'first day of the period [date]';
comment on column mart.lost_traffic.lost_p50_gbps is 'median over paths, at p95 of the period [Gbit/s]';
comment on column mart.lost_traffic.lost_p90_gbps is '90 % of paths lose no more [Gbit/s]';
comment on column mart.lost_traffic.hours_per_year is 'how long a year the failure lasts: cuts x repair time; empty where no cut rate is stated [h]';
comment on column mart.lost_traffic.simulated is 'true where made from simulated traffic';
comment on column mart.lost_traffic.assumed is 'true where a segment of its paths is an assumption, not a fact';
