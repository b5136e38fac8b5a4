-- one row where this very file was loaded with these settings: its rows, and how many of them still wait in quarantine
select
    any_value(rows_in) as rows_in,
    (select count(*) from core.quarantine where content_hash = $content_hash and resolved_by is null) as open_rows
from core.load_batch
where content_hash = $content_hash and spec_hash = $spec_hash
having count(*) > 0;
