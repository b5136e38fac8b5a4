-- one row per series_kind, series_id, direction, statistic, grain, period_start
create view mart.level_shift as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.series_kind, result.series_id, result.direction, result.statistic, result.grain,
    result.period_start, result.size_ratio, result.event_id, result.handled,
    result.series_kind <> 'country' and run.simulated as simulated
from core.level_shift as result
join mart.run_history as run using (run_id)
where run.latest;
comment on view mart.level_shift is 'Lasting jumps found in, or stated for, a series, in the latest runs.';
comment on column mart.level_shift.run_id is 'the run that made the row; see run_history';
comment on column mart.level_shift.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.level_shift.origin is 'first day of the last observed period of the run [date]';
comment on column mart.level_shift.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.level_shift.series_kind is 'route, market, corridor, total or country';
comment on column mart.level_shift.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column mart.level_shift.direction is 'in or out, seen from the route''s a_node';
comment on column mart.level_shift.statistic is 'mean or p95 of the period''s valid slots';
comment on column mart.level_shift.grain is 'month, week, day or year';
comment on column mart.level_shift.period_start is 'first period at the new level [date]';
comment on column mart.level_shift.size_ratio is 'new level / old level [ratio]';
comment on column mart.level_shift.event_id is 'the known event that explains it';
comment on column mart.level_shift.handled is 'spliced, regressor or shown only';
comment on column mart.level_shift.simulated is 'true where made from simulated traffic; yearly bandwidth of countries is reported, never simulated';
