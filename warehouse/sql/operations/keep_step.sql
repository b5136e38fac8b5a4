insert into ops.step values ($job_id, $position, $step, $started_at, $seconds, $peak_mb, $rows_in, $outcome, $detail)
