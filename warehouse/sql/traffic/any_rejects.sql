-- one row: whether the reader of text rejected anything of the file at hand
select exists (from reject_errors) as rejects;
