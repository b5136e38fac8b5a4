-- one row per row that could not be read and still can't
create view mart.quarantine as
select
    quarantine.batch_id, quarantine.source, quarantine.file_name, quarantine.line, quarantine.row_text,
    quarantine.reason, load_batch.known_at, load_batch.simulated
from core.quarantine as quarantine
join core.load_batch as load_batch using (batch_id)
where quarantine.resolved_by is null;
