-- one row: which flags can occur in the slots at hand
select
    exists (
        select 1 from reach r join maintenance_window w using (interface_key)
        where make_timestamptz(r.first_us) < w.end_at and make_timestamptz(r.last_us) + interval 1 day > w.start_at
    ) as maintenance,
    exists (
        select 1 from port
        where route_id in (select p.route_id from port p join reach using (interface_key))
        group by route_id having count(distinct priority) > 1
    ) as several_priorities,
    exists (
        select 1 from port where interface_key in (select interface_key from reach)
        group by interface_key having count(distinct coalesce(speed_bps, 0)) > 1
    ) as several_speeds;
