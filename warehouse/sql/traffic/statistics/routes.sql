-- one row per route: its numbers for the tables of this pass, and the time its samples span
create or replace temp table route_number as
select
    row_number() over (order by r.route_id)::integer as route_key, r.route_id, r.market, r.corridor, r.simulated
from mart.route r
where r.route_id in (select route_id from mart.interface);
