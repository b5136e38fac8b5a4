-- one row per segment of each route's primary path, with the direction the route runs through it
with step as (
    select p.route_id, p.seq, p.segment_id, s.a_node, s.z_node, r.a_node as route_a
    from mart.route_path p join mart.segment s using (segment_id) join mart.route r using (route_id)
    where p.rank = 1
)
select route_id, seq, segment_id, a_node, z_node, route_a from step order by route_id, seq;
