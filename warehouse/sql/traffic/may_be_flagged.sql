-- one row: which flags can occur in the slots at hand
select
    exists (
        select 1 from reach r join maintenance_window w using (interface_key)
        where make_timestamptz(r.first_us) < w.end_at and make_timestamptz(r.last_us) + interval 1 day > w.start_at
    ) as maintenance,
    exists (select 1 from port group by route_id having count(*) > 1) as two_ports;
