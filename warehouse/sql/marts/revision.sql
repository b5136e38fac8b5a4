-- one row per run, series_kind, series_id, direction, statistic, grain, target_start
create view mart.revision as
with run as (
    select
        run_id, grain, known_at, origin, simulated, latest,
        lag(run_id) over (partition by grain order by origin, known_at, run_id) as earlier_run_id
    from mart.run_history
)
-- Joined run by run, so that one run's revisions read two runs and not all of them.
select
    run.run_id, run.known_at, run.origin, run.earlier_run_id, later.series_kind, later.series_id, later.direction, later.statistic,
    later.grain, later.target_start, earlier.median_gbps as earlier_gbps, later.median_gbps as value_gbps,
    later.median_gbps - earlier.median_gbps as change_gbps,
    later.median_gbps / nullif(earlier.median_gbps, 0) - 1 as change_ratio,
    later.series_kind <> 'country' and run.simulated as simulated, run.latest
from run
join core.forecast_fan as later on later.run_id = run.run_id
join core.forecast_fan as earlier
    on earlier.run_id = run.earlier_run_id
    and earlier.series_kind = later.series_kind and earlier.series_id = later.series_id and earlier.direction = later.direction
    and earlier.statistic = later.statistic and earlier.grain = later.grain and earlier.target_start = later.target_start;
comment on view mart.revision is 'What each run changed in the median forecast of a period, against the run before it.';
comment on column mart.revision.run_id is 'the run that made the row; see run_history';
comment on column mart.revision.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.revision.origin is 'first day of the last observed period of the run [date]';
comment on column mart.revision.earlier_run_id is 'the run before it that forecast the same period';
comment on column mart.revision.series_kind is 'route, market, corridor, total or country';
comment on column mart.revision.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column mart.revision.direction is 'in or out, seen from the route''s a_node';
comment on column mart.revision.statistic is 'mean or p95 of the period''s valid slots';
comment on column mart.revision.grain is 'month, week, day or year';
comment on column mart.revision.target_start is 'first day of the period forecast [date]';
comment on column mart.revision.earlier_gbps is 'median of the earlier run [Gbit/s]';
comment on column mart.revision.value_gbps is 'median of this run [Gbit/s]';
comment on column mart.revision.change_gbps is 'this run - earlier run [Gbit/s]';
comment on column mart.revision.change_ratio is 'this run / earlier run - 1; empty where the earlier is 0 [ratio]';
comment on column mart.revision.simulated is 'true where made from simulated traffic; yearly bandwidth of countries is reported, never simulated';
comment on column mart.revision.latest is 'true where the run speaks for its grain now';
