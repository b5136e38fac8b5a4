-- one row per row that could not be read and still can't
create view mart.quarantine as
select
    quarantine.batch_id, quarantine.source, quarantine.file_name, quarantine.line, quarantine.row_text,
    quarantine.reason, load_batch.known_at, load_batch.simulated
from core.quarantine as quarantine
join core.load_batch as load_batch using (batch_id)
where quarantine.resolved_by is null;
comment on view mart.quarantine is 'Rows of files that could not be read, as they were, with the reason.';
comment on column mart.quarantine.batch_id is 'the load that met it';
comment on column mart.quarantine.source is 'name of the source in the settings';
comment on column mart.quarantine.file_name is 'the file';
comment on column mart.quarantine.line is 'line of a text file, row number of others, from 1';
comment on column mart.quarantine.row_text is 'the row as it was';
comment on column mart.quarantine.reason is 'why it was not loaded';
comment on column mart.quarantine.known_at is 'when this became known [UTC]';
comment on column mart.quarantine.simulated is 'true where the source is a simulation';
