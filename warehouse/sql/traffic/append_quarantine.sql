-- keeps refused rows as they were
insert into core.quarantine
select $batch_id, $content_hash, $source, $file_name, unnest($lines::bigint[]), unnest($texts::varchar[]), unnest($reasons::varchar[]), null;
