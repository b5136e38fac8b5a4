-- one row per row of an earlier version of this file that waits in quarantine: a file that grows says it again at each load
select distinct line::bigint as line, row_text
from core.quarantine
where source = $source and file_name = $file_name and content_hash <> $content_hash and resolved_by is null;
