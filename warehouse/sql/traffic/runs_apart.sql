-- one row: whether no run of slots reaches into another, so that no slot of the load appears twice
select coalesce(bool_and(free_from <= first_us), true) as distinct_slots
from (select first_us, lag(first_us + slots * $slot_us) over (partition by interface_key order by first_us) as free_from from batch_run);
