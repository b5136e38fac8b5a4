-- one row per file that no snapshot has needed since then, now removed
call ducklake_cleanup_old_files('lake', older_than => $unneeded_since)
