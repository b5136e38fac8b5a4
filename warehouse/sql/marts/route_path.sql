-- one row per route_id, rank, seq
create view mart.route_path as
with latest as (
    from core.route_path
    qualify row_number() over (partition by route_id, rank, seq order by known_at desc, correction desc) = 1
)
select route_id, rank, seq, segment_id, share_ratio, latest.known_at,
    coalesce(route.simulated, false) as simulated
from latest
left join mart.route as route using (route_id)
where not latest.withdrawn;
comment on view mart.route_path is 'The segments of each path of a route, rank 1 first. As known now.';
comment on column mart.route_path.route_id is 'the route';
comment on column mart.route_path.rank is '1 is the primary path';
comment on column mart.route_path.seq is 'position along the path, from a_node';
comment on column mart.route_path.segment_id is 'the segment';
comment on column mart.route_path.share_ratio is 'share this path carries while every path is up; empty on all: rank 1 carries it [0-1]';
comment on column mart.route_path.known_at is 'when this became known [UTC]';
comment on column mart.route_path.simulated is 'true where the route''s traffic is simulated';
