-- one row per part of a table as it lies in the lake
select part, row_count, digest from {parts} where table_name = $table
