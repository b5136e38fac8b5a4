-- one row per run, series_kind, series_id, direction, statistic, grain, target_start
create view mart.revision as
with median as (
    select
        run_id, known_at, origin, series_kind, series_id, direction, statistic, grain, target_start,
        value_gbps, simulated
    from mart.forecast_all
    where quantile_level = 0.5
),
in_order as (
    select
        *,
        lag(run_id) over vintage as earlier_run_id,
        lag(value_gbps) over vintage as earlier_gbps
    from median
    window vintage as (
        partition by series_kind, series_id, direction, statistic, grain, target_start order by origin,
        known_at, run_id
    )
)
select
    run_id, known_at, origin, earlier_run_id, series_kind, series_id, direction, statistic, grain,
    target_start,
    earlier_gbps, value_gbps, value_gbps - earlier_gbps as change_gbps, value_gbps / nullif(earlier_gbps,
    0) - 1 as change_ratio, simulated
from in_order
where earlier_run_id is not null;
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
