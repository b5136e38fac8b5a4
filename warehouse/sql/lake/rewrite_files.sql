-- Files of which much was deleted are written anew without that.
call ducklake_rewrite_data_files('lake', delete_threshold => 0.2)
