-- one row per port and time of the routes at hand that ports of several priorities measure, with the slots at hand
create or replace temp table contest as
with held as (
    select p.route_id, min(r.first_us) as first_us, max(r.last_us) as last_us
    from port p join reach r using (interface_key)
    group by p.route_id
)
select p.*, make_timestamptz(h.first_us) as first_slot, make_timestamptz(h.last_us) as last_slot
from port p join held h using (route_id)
where p.route_id in (select route_id from port group by route_id having count(distinct priority) > 1);
