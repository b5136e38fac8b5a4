insert into ops.job values (
    $job_id, $trigger, $flow_run_id, $host, $process, $started_at, $finished_at, $outcome, $problem, $code_version,
    $versions, $settings_hash, $seed, $run_ids, $accepted
)
