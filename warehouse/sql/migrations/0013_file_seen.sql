-- one row per file of traffic of which every row is settled: as long as it stays as it was, it need not be opened again
create table ops.file_seen (
    file_name varchar not null,
    spec_hash varchar not null,
    file_bytes bigint not null,
    changed_ns bigint not null,
    rows_in bigint not null
);
comment on table ops.file_seen is 'Files of traffic that are loaded and settled, as they lay in their folder then.';
comment on column ops.file_seen.file_name is 'where the file lay';
comment on column ops.file_seen.spec_hash is 'how it was read: SHA-256 of its source''s settings';
comment on column ops.file_seen.file_bytes is 'its size [bytes]';
comment on column ops.file_seen.changed_ns is 'when it was last written, by the file system [ns since 1970]';
comment on column ops.file_seen.rows_in is 'rows it holds';
