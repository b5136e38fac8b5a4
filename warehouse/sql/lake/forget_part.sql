delete from {parts} where table_name = $table and part = $part
