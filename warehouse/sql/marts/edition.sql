-- one row per run that speaks for its grain in this copy
create view mart.edition as
with copy as (
    select edition_id, edition_seq
    from ops.edition
    order by edition_seq desc
    limit 1
)
select
    copy.edition_id, copy.edition_seq, run.run_id, run.grain, run.origin, run.known_at, run.finished_at,
    run.code_version, run.data_hash, run.simulated
from mart.run_history as run
left join copy on true
where run.latest;
comment on view mart.edition is 'Which edition this copy is, and the runs it shows. Empty edition: the working database, never published.';
comment on column mart.edition.edition_id is 'name of the edition';
comment on column mart.edition.edition_seq is 'place in the order of publication';
comment on column mart.edition.run_id is 'the run whose results the views show';
comment on column mart.edition.grain is 'month, week, day or year: the grain of the run';
comment on column mart.edition.origin is 'first day of the last observed period [date]';
comment on column mart.edition.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.edition.finished_at is 'when the run''s results were complete [UTC]';
comment on column mart.edition.code_version is 'version of the software';
comment on column mart.edition.data_hash is 'SHA-256 of the data that went in; the same in every language of the report';
comment on column mart.edition.simulated is 'true where any of its traffic is simulated';
