-- The parts of every table as they lie in the lake.
create table if not exists {parts} (table_name varchar, part varchar, row_count bigint, digest varchar)
