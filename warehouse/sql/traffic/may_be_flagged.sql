-- one row: which flags can occur at all
select
    exists (select 1 from mart.event where kind = 'maintenance' and end_at is not null) as maintenance,
    exists (select 1 from port group by route_id having count(*) > 1) as two_ports;
