-- one row per route_id, direction, weekday, hour
create view mart.traffic_profile as
with latest as (
    from core.traffic_profile
    qualify version = max(version) over (partition by route_id, direction)
)
select
    latest.route_id, latest.direction, latest.weekday, latest.hour, latest.mean_gbps,
    coalesce(route.simulated, false) as simulated, latest.known_at
from latest
left join mart.route using (route_id);
comment on view mart.traffic_profile is 'Mean traffic by local hour and weekday over the last 12 months, as known now.';
comment on column mart.traffic_profile.route_id is 'the route';
comment on column mart.traffic_profile.direction is 'in or out';
comment on column mart.traffic_profile.weekday is '1 Monday ... 7 Sunday, local time';
comment on column mart.traffic_profile.hour is 'local clock hour [h]';
comment on column mart.traffic_profile.mean_gbps is 'mean of valid slots [Gbit/s]';
comment on column mart.traffic_profile.simulated is 'true where made from simulated traffic';
comment on column mart.traffic_profile.known_at is 'when this became known [UTC]';
