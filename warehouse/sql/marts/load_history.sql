-- one row per file and time it was loaded
create view mart.load_history as
select
    batch_id, source, priority, file_name, content_hash, spec_hash, file_bytes, rows_in, rows_loaded,
    rows_quarantined, rows_known, slots_new,
    slots_changed, slot_minutes, first_slot, last_slot, flags, notes, simulated, known_at
from core.load_batch;
