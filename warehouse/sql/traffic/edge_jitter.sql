-- one row: stamps that lie close before an edge of slots, close after one, exactly on one, and all
with offset_of as (
    select ((at_us - $shift_us) % $slot_us + $slot_us) % $slot_us as past_us from staged where problem is null
)
select
    count(*) filter (where past_us > $slot_us - $tolerance_us and past_us < $slot_us - 1000000) as before_edge,
    count(*) filter (where past_us <= $tolerance_us) as after_edge,
    count(*) as stamps
from offset_of;
