-- one row per time and matching column of a wide table, in the order of the file
create or replace temp view timed_row as
select stamp, series, null::varchar as direction, value, null::varchar as value_in, null::varchar as value_out, known_us
from wide_timed unpivot include nulls (value for series in (columns(* exclude (stamp, known_us))));
