-- one row: whether no slot stands on two rows
select count(*) = count(distinct interface_key::bigint * 67108864 + ((at_us - $shift_us) + 1000000) // $slot_us) as distinct_slots
from staged
where problem is null;
