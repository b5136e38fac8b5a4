-- one row per job: one start of the software that ran steps
create table ops.job (
    job_id varchar not null,
    trigger varchar not null,
    flow_run_id varchar,
    host varchar not null,
    process bigint not null,
    started_at timestamp with time zone not null,
    finished_at timestamp with time zone not null,
    outcome varchar not null,
    problem varchar,
    code_version varchar not null,
    versions varchar not null,
    settings_hash varchar not null,
    seed bigint not null,
    run_ids varchar,
    accepted varchar
);
comment on table ops.job is 'Every job that ended, whether it did its work or not.';
comment on column ops.job.job_id is 'when the job began and a random end';
comment on column ops.job.trigger is 'what started it: terminal, schedule or deployment';
comment on column ops.job.flow_run_id is 'the flow run in Prefect';
comment on column ops.job.host is 'the machine';
comment on column ops.job.process is 'the process on that machine';
comment on column ops.job.started_at is 'when it began [UTC]';
comment on column ops.job.finished_at is 'when it ended [UTC]';
comment on column ops.job.outcome is 'done, partly (some files could not be read) or failed';
comment on column ops.job.problem is 'why it failed, or what could not be done';
comment on column ops.job.code_version is 'version of the software and a hash of its files';
comment on column ops.job.versions is 'versions of Python and of the libraries that decide the numbers, as JSON';
comment on column ops.job.settings_hash is 'SHA-256 of every setting of the job';
comment on column ops.job.seed is 'seed of the random numbers';
comment on column ops.job.run_ids is 'the runs it made or found, joined by a space';
comment on column ops.job.accepted is 'why a failed gate was accepted, in the words of who did';

-- one row per job, step
create table ops.step (
    job_id varchar not null,
    position bigint not null,
    step varchar not null,
    started_at timestamp with time zone not null,
    seconds double not null,
    peak_mb double not null,
    rows_in bigint,
    outcome varchar not null,
    detail varchar
);
comment on table ops.step is 'Every step of every job: how long it took, how much memory, what came of it.';
comment on column ops.step.job_id is 'the job';
comment on column ops.step.position is 'order within the job';
comment on column ops.step.step is 'load, forecast, plan, report or publish';
comment on column ops.step.started_at is 'when it began [UTC]';
comment on column ops.step.seconds is 'how long it took [s]';
comment on column ops.step.peak_mb is 'most memory its process or one of its workers held [MB]';
comment on column ops.step.rows_in is 'rows read from files; only of load';
comment on column ops.step.outcome is 'done, kept (found done from before) or failed';
comment on column ops.step.detail is 'what came of it, as told at the terminal';
