-- one row per grain, route_id, direction, period_start
create view mart.traffic_peak as
with latest as (
    from core.traffic_peak
    qualify row_number() over (partition by grain, route_id, direction, period_start order by version desc) = 1
)
select
    latest.grain, latest.route_id, latest.direction, latest.period_start, latest.peak_gbps, latest.peak_at,
    latest.busy_hour, latest.busy_hour_mean_gbps, latest.peak_to_mean_ratio, latest.time_zone,
    latest.known_at, coalesce(route.simulated, false) as simulated
from latest
left join mart.route using (route_id);
comment on view mart.traffic_peak is 'Peak and busy hour of a route in a period, as known now. Peaks can''t be added.';
comment on column mart.traffic_peak.grain is 'month, week, day or year';
comment on column mart.traffic_peak.route_id is 'the route';
comment on column mart.traffic_peak.direction is 'in or out, seen from the route''s a_node';
comment on column mart.traffic_peak.period_start is 'first day of the period [date]';
comment on column mart.traffic_peak.peak_gbps is 'the highest valid slot [Gbit/s]';
comment on column mart.traffic_peak.peak_at is 'start of that slot, the first if several [UTC]';
comment on column mart.traffic_peak.busy_hour is 'clock hour with the highest mean, local time of the port [h]';
comment on column mart.traffic_peak.busy_hour_mean_gbps is 'mean of the valid slots of that clock hour [Gbit/s]';
comment on column mart.traffic_peak.peak_to_mean_ratio is 'peak / mean; empty where the mean is 0 [ratio]';
comment on column mart.traffic_peak.time_zone is 'IANA zone of the clock hour';
comment on column mart.traffic_peak.known_at is 'when this became known [UTC]';
comment on column mart.traffic_peak.simulated is 'true where made from simulated traffic';
