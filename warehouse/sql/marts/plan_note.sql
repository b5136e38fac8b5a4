-- one row per topic, subject
create view mart.plan_note as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.topic, result.subject, result.note, result.note_code, result.note_values,
    run.simulated
from core.plan_note as result
join mart.run_history as run using (run_id)
where run.latest;
