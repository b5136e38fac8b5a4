-- one row per column of every table of core and ops, in their order
select schema_name[$start:] || '.' || table_name, column_name, data_type
from duckdb_columns() semi join duckdb_tables() using (database_name, schema_name, table_name)
where database_name = $database and list_contains($schemas, schema_name)
order by schema_name, table_name, column_index
