-- one row per file and time it was loaded
create view mart.load_history as
select
    batch_id, source, priority, file_name, content_hash, spec_hash, file_bytes, rows_in, rows_loaded,
    rows_quarantined, rows_known, slots_new,
    slots_changed, slot_minutes, first_slot, last_slot, flags, notes, simulated, known_at
from core.load_batch;
comment on view mart.load_history is 'Every file loaded, with the sum that must balance: rows in = loaded + quarantined + known.';
comment on column mart.load_history.batch_id is 'the load, counted upwards';
comment on column mart.load_history.source is 'name of the source in the settings';
comment on column mart.load_history.priority is '1 wins where two sources measure the same slot of a port';
comment on column mart.load_history.file_name is 'the file, as it was named';
comment on column mart.load_history.content_hash is 'SHA-256 of the file';
comment on column mart.load_history.spec_hash is 'SHA-256 of the settings it was read with';
comment on column mart.load_history.file_bytes is 'size of the file [byte]';
comment on column mart.load_history.rows_in is 'data rows of the file';
comment on column mart.load_history.rows_loaded is 'rows that brought something new';
comment on column mart.load_history.rows_quarantined is 'rows that could not be read';
comment on column mart.load_history.rows_known is 'rows that said what was known already';
comment on column mart.load_history.slots_new is 'slots that had no value before';
comment on column mart.load_history.slots_changed is 'slots whose value was corrected';
comment on column mart.load_history.slot_minutes is 'slot length of the samples made; empty: none or several [minute]';
comment on column mart.load_history.first_slot is 'start of the earliest slot [UTC]';
comment on column mart.load_history.last_slot is 'start of the latest slot [UTC]';
comment on column mart.load_history.flags is 'slots by flag, as JSON';
comment on column mart.load_history.notes is 'what a reader should know about the file, one remark a line';
comment on column mart.load_history.simulated is 'true where the source is a simulation';
comment on column mart.load_history.known_at is 'when this became known [UTC]';
