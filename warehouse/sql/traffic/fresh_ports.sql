-- one row per port with new readings
select interface_key, count(*) as readings from fresh_reading group by interface_key order by interface_key;
