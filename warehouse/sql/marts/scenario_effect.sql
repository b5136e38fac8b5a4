-- one row per scenario_id, segment_id, direction, date_kind
create view mart.scenario_effect as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.scenario_id, result.segment_id, result.direction, result.date_kind, result.t50_base,
    result.t50_scenario, result.shift_months, result.probability_base, result.probability_scenario,
    result.order_by_base, result.order_by_scenario, result.note,
    run.simulated, coalesce(capacity.assumed, true) as assumed
from core.scenario_effect as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
comment on view mart.scenario_effect is 'What each story changes against the plan, latest runs.';
comment on column mart.scenario_effect.run_id is 'the run that made the row; see run_history';
comment on column mart.scenario_effect.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.scenario_effect.origin is 'first day of the last observed period of the run [date]';
comment on column mart.scenario_effect.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.scenario_effect.scenario_id is 'the story';
comment on column mart.scenario_effect.segment_id is 'the segment';
comment on column mart.scenario_effect.direction is 'az or za';
comment on column mart.scenario_effect.date_kind is 'policy or hard';
comment on column mart.scenario_effect.t50_base is 'half of the paths have run out by then [date]';
comment on column mart.scenario_effect.t50_scenario is 'in the story [date]';
comment on column mart.scenario_effect.shift_months is 'mean shift of first passage on paths that run out in both; negative: earlier [month]';
comment on column mart.scenario_effect.probability_base is 'share of paths run out by the end [0-1]';
comment on column mart.scenario_effect.probability_scenario is 'in the story [0-1]';
comment on column mart.scenario_effect.order_by_base is 'last day to order [date]';
comment on column mart.scenario_effect.order_by_scenario is 'in the story [date]';
comment on column mart.scenario_effect.note is 'what the story assumes';
comment on column mart.scenario_effect.simulated is 'true where made from simulated traffic';
comment on column mart.scenario_effect.assumed is 'true where a capacity of the segment is an assumption, not a fact';
