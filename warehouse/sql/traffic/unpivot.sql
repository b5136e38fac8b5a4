-- one row per time and matching column of a wide table, in the order of the file
create or replace temp view source_row as
select stamp, series, null::varchar as direction, value, null::varchar as value_in, null::varchar as value_out
from wide_row unpivot include nulls (value for series in (columns(* exclude (stamp))));
