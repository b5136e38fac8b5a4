-- What was done to the database, and by whom.

-- one row per file that made the database what it is
create table if not exists ops.installed (
    name varchar primary key,
    checksum varchar not null
);

-- one row per job: one start of the software that ran steps
create table if not exists ops.job (
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

-- one row per job, step
create table if not exists ops.step (
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

-- one row per content of a frame that an edition was drawn from
create table if not exists core.edition_frame (
    content_hash varchar primary key,
    name varchar not null,
    content blob not null
);

-- one row per drawing of an edition
create table if not exists core.edition (
    run_id varchar not null,
    drawing bigint not null,
    grain varchar not null,
    origin date not null,
    known_at timestamp with time zone not null,
    drawn_by varchar not null,
    manifest_hash varchar not null,
    about varchar not null,
    primary key (run_id, drawing)
);
