-- one row per port that has samples, and time in which it carries a route
create or replace temp table port_route as
select interface_key, interface_id, route_key, time_zone, zone_key, bundle, members, priority, from_at, until_at from mart.port_span;
