-- Small files of a table become one; snapshots see the same rows.
call ducklake_merge_adjacent_files('lake')
