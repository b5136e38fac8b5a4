-- one row: whether readings stand in the order of port and time, none twice
select coalesce(bool_and(interface_key > port_before or (interface_key = port_before and at_us > before)), true) as ordered
from (select interface_key, at_us, lag(interface_key) over () as port_before, lag(at_us) over () as before from staged where problem is null);
