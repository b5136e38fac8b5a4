-- What the database knows about itself; made before the first migration.
create schema if not exists ops;

-- one row per applied migration
create table if not exists ops.migration (
    number bigint primary key,
    name varchar not null,
    checksum varchar not null
);
comment on table ops.migration is 'The steps that made this database what it is.';
comment on column ops.migration.number is 'place in the order';
comment on column ops.migration.name is 'file name without its ending';
comment on column ops.migration.checksum is 'SHA-256 of the text that was applied';

-- one row per file of views and macros
create table if not exists ops.mart_file (
    name varchar primary key,
    checksum varchar not null
);
comment on table ops.mart_file is 'Which text of each view and macro is installed.';
comment on column ops.mart_file.name is 'file name without its ending';
comment on column ops.mart_file.checksum is 'SHA-256 of the installed text';
