-- one row per route and slot of the months at hand
select period_start, route_key, slot_us, in_bps, out_bps from route_slot order by period_start, route_key, slot_us;
