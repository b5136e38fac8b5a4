-- one row per settled file of a source, as it was when it was loaded
select file_name, file_bytes, changed_ns, rows_in from ops.file_seen where spec_hash = $spec_hash
