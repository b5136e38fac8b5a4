-- A file whose batch left nothing in quarantine: rows that wait there may load later, when their port is declared.
insert into ops.file_seen
select $file_name, $spec_hash, $file_bytes, $changed_ns, $rows_in
where not exists (
    from core.quarantine as q join core.load_batch as b using (content_hash)
    where b.batch_id = $batch_id and q.resolved_by is null
)
