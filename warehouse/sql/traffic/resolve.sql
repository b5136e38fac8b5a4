-- rows of the file that could be read this time
update core.quarantine set resolved_by = $batch_id
where content_hash = $content_hash and source = $source and resolved_by is null
    and line not in (select unnest($lines::bigint[]));
