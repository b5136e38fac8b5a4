-- one row: whether the slots of the load stand in the order of port and time, none twice
select coalesce(bool_and(interface_key >= port_before and (interface_key > port_before or slot_start > before)), true) as ordered
from (
    select interface_key, slot_start, lag(interface_key) over () as port_before, lag(slot_start) over () as before
    from core.traffic_sample where batch_id = $batch_id
);
