-- puts stamps that lie close before an edge of slots onto it
update staged
set at_us = at_us + ($slot_us - ((at_us - $shift_us) % $slot_us + $slot_us) % $slot_us)
where problem is null and ((at_us - $shift_us) % $slot_us + $slot_us) % $slot_us > $slot_us - $tolerance_us;
