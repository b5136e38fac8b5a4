-- one row: whether the first rows of a file stand in the order of port and time
select coalesce(bool_and(series >= before and (series > before or stamp > earlier)), true) as ordered
from (select series, stamp, lag(series) over () as before, lag(stamp) over () as earlier from (from source_row limit 20000));
