-- one row per row of a wide table, its time read once for all of its columns
create or replace temp table wide_timed as
select
    instant_us(stamp, $time_kind, $stamp_us, $formats, $has_offset, $zone, $earliest_us) as known_us,
    *
from wide_row;
