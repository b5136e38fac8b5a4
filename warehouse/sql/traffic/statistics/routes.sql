-- one row per route that a port carries: its number for the tables of this pass
create or replace temp table route_number as
select distinct p.route_key, r.route_id, r.market, r.corridor, r.simulated
from mart.port_span p join mart.route r using (route_id);
