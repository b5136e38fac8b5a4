-- one row per route_id
create view mart.route_risk as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.route_id, result.paths, result.rtt_floor_ms, result.rtt_backup_ms, result.availability_ratio,
    result.unavailable_hours, result.lost_tb_year, result.failure_id, result.note, result.note_code, result.note_values,
    run.simulated, coalesce(path.assumed, true) as assumed
from core.route_risk as result
join mart.run_history as run using (run_id)
left join (
    select path.route_id, bool_or(coalesce(segment.assumed, true)) as assumed
    from mart.route_path as path
    left join mart.segment as segment using (segment_id)
    group by path.route_id
) as path using (route_id)
where run.latest;
comment on view mart.route_risk is 'Paths, round-trip floor and availability of routes, latest runs.';
comment on column mart.route_risk.run_id is 'the run that made the row; see run_history';
comment on column mart.route_risk.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.route_risk.origin is 'first day of the last observed period of the run [date]';
comment on column mart.route_risk.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.route_risk.route_id is 'the route';
comment on column mart.route_risk.paths is 'paths it can take';
comment on column mart.route_risk.rtt_floor_ms is 'least round trip over its first path [ms]';
comment on column mart.route_risk.rtt_backup_ms is 'least round trip over its longest path [ms]';
comment on column mart.route_risk.availability_ratio is 'share of the year with at least one path up; empty where no cut rate is stated [0-1]';
comment on column mart.route_risk.unavailable_hours is 'expected hours a year without any path [h]';
comment on column mart.route_risk.lost_tb_year is 'expected traffic lost a year at the first 12 months'' median p95 [TB]';
comment on column mart.route_risk.failure_id is 'the single failure that loses most of it';
comment on column mart.route_risk.note is 'what a reader must know';
comment on column mart.route_risk.note_code is 'the code of note in the catalogues of texts';
comment on column mart.route_risk.note_values is 'what the text of note names, as JSON';
comment on column mart.route_risk.simulated is 'true where made from simulated traffic';
comment on column mart.route_risk.assumed is 'true where a segment of its paths is an assumption, not a fact';
