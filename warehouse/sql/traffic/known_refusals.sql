-- one row per row of this file that waits in quarantine already
select line, reason from core.quarantine where content_hash = $content_hash and source = $source and resolved_by is null;
