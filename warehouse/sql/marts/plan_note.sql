-- one row per topic, subject
create view mart.plan_note as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.topic, result.subject, result.note, result.note_code, result.note_values,
    run.simulated
from core.plan_note as result
join mart.run_history as run using (run_id)
where run.latest;
comment on view mart.plan_note is 'What the plans of the latest runs say besides their numbers.';
comment on column mart.plan_note.run_id is 'the run that made the row; see run_history';
comment on column mart.plan_note.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.plan_note.origin is 'first day of the last observed period of the run [date]';
comment on column mart.plan_note.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.plan_note.topic is 'no_forecast, no_capacity, missing_lead_time, missing_price, unmeasured_coincidence, ...';
comment on column mart.plan_note.subject is 'what it concerns';
comment on column mart.plan_note.note is 'why, for a reader who is no programmer';
comment on column mart.plan_note.note_code is 'the code of note in the catalogues of texts';
comment on column mart.plan_note.note_values is 'what the text of note names, as JSON';
comment on column mart.plan_note.simulated is 'true where made from simulated traffic';
