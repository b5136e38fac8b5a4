-- one row per content of a frame that an edition was drawn from
create table core.edition_frame (
    content_hash varchar primary key,
    name varchar not null,
    content blob not null
);
comment on table core.edition_frame is 'What editions were drawn from besides the results of their runs, each content once: to draw them again.';
comment on column core.edition_frame.content_hash is 'SHA-256 of the content';
comment on column core.edition_frame.name is 'the frame, or pages: the paths of an edition''s pages';
comment on column core.edition_frame.content is 'the frame as a Parquet file';

-- one row per drawing of an edition
create table core.edition (
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
comment on table core.edition is 'Every edition of the report that was drawn, and all that went into it.';
comment on column core.edition.run_id is 'the run it shows';
comment on column core.edition.drawing is '1, or n for the n-th time it was drawn, with other code, words or languages';
comment on column core.edition.grain is 'month, week, day or year';
comment on column core.edition.origin is 'first day of the last observed period [date]';
comment on column core.edition.known_at is 'what was known by then went into the run [UTC]';
comment on column core.edition.drawn_by is 'version of the software that drew it';
comment on column core.edition.manifest_hash is 'SHA-256 of the list of its files and their hashes';
comment on column core.edition.about is 'runs, frames by content, title, wordings, languages and earlier editions, as JSON';
