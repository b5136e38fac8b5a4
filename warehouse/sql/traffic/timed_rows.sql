-- one row per row of the file, its time still to be read
create or replace temp view timed_row as select *, null::bigint as known_us from source_row;
