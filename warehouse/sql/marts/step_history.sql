-- one row per job, step
create view mart.step_history as
select
    step.job_id, step.position, step.step, step.started_at, step.seconds, step.peak_mb, step.rows_in, step.outcome,
    step.detail, job.outcome as job_outcome, job.problem, job.trigger, job.flow_run_id, job.host, job.process,
    job.finished_at, job.code_version, job.versions, job.settings_hash, job.seed, job.run_ids, job.accepted
from ops.step as step
left join ops.job as job using (job_id);
comment on view mart.step_history is 'Every step of every job: how long it took, what came of it, and by which software. The job that made a copy has not ended in it.';
comment on column mart.step_history.job_id is 'the job';
comment on column mart.step_history.position is 'order within the job';
comment on column mart.step_history.step is 'load, forecast, plan, report or publish';
comment on column mart.step_history.started_at is 'when the step began [UTC]';
comment on column mart.step_history.seconds is 'how long it took [s]';
comment on column mart.step_history.peak_mb is 'most memory its process or one of its workers held [MB]';
comment on column mart.step_history.rows_in is 'rows read from files; only of load';
comment on column mart.step_history.outcome is 'done, kept (found done from before) or failed';
comment on column mart.step_history.detail is 'what came of it, as told at the terminal';
comment on column mart.step_history.job_outcome is 'done, partly (some files could not be read) or failed; empty while it runs, or where it was killed';
comment on column mart.step_history.problem is 'why the job failed, or what could not be done';
comment on column mart.step_history.trigger is 'what started the job: terminal, schedule or deployment';
comment on column mart.step_history.flow_run_id is 'the flow run in Prefect';
comment on column mart.step_history.host is 'the machine';
comment on column mart.step_history.process is 'the process on that machine';
comment on column mart.step_history.finished_at is 'when the job ended [UTC]';
comment on column mart.step_history.code_version is 'version of the software and a hash of its files';
comment on column mart.step_history.versions is 'versions of Python and of the libraries that decide the numbers, as JSON';
comment on column mart.step_history.settings_hash is 'SHA-256 of every setting of the job';
comment on column mart.step_history.seed is 'seed of the random numbers';
comment on column mart.step_history.run_ids is 'the runs the job made or found, joined by a space';
comment on column mart.step_history.accepted is 'why a failed gate was accepted, in the words of who did';
