-- one row: whether rows stand in the order of port and slot, no slot twice
select coalesce(bool_and(slot > before), true) as ordered
from (
    select slot, lag(slot) over () as before
    from (select interface_key::bigint * 67108864 + ((at_us - $shift_us) + 1000000) // $slot_us as slot from staged where problem is null)
);
