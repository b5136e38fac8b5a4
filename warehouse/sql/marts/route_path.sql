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
