-- one row per port of the load: the slots it covers, told by its runs
create or replace temp table reach as
select interface_key, min(first_us) as first_us, max(first_us + (slots - 1) * $slot_us) as last_us, sum(slots)::bigint as slots
from batch_run group by interface_key;
