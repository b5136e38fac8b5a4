-- one row per job, step
create view mart.step_history as
select
    step.job_id, step.position, step.step, step.started_at, step.seconds, step.peak_mb, step.rows_in, step.outcome,
    step.detail, job.outcome as job_outcome, job.problem, job.trigger, job.flow_run_id, job.host, job.process,
    job.finished_at, job.code_version, job.versions, job.settings_hash, job.seed, job.run_ids, job.accepted
from ops.step as step
left join ops.job as job using (job_id);
