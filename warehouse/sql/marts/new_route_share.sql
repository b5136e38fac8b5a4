-- one row per project_id, market, alternative_id
create view mart.new_route_share as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.project_id, result.market, result.alternative_id, result.is_new, result.price_usd_per_mbps_month,
    result.rtt_ms, result.share_before_ratio, result.share_after_ratio, result.lost_p10_gbps,
    result.lost_p50_gbps, result.lost_p90_gbps,
    run.simulated, true as assumed
from core.new_route_share as result
join mart.run_history as run using (run_id)
where run.latest;
comment on view mart.new_route_share is 'How a market divides before and after a new route, latest runs.';
comment on column mart.new_route_share.run_id is 'the run that made the row; see run_history';
comment on column mart.new_route_share.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.new_route_share.origin is 'first day of the last observed period of the run [date]';
comment on column mart.new_route_share.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.new_route_share.project_id is 'the planned build';
comment on column mart.new_route_share.market is 'the market it enters';
comment on column mart.new_route_share.alternative_id is 'a way through: an incumbent or the new route';
comment on column mart.new_route_share.is_new is 'true for the new route';
comment on column mart.new_route_share.price_usd_per_mbps_month is 'its price [USD/Mbit/s/month]';
comment on column mart.new_route_share.rtt_ms is 'its round trip [ms]';
comment on column mart.new_route_share.share_before_ratio is 'share of the market without the new route [0-1]';
comment on column mart.new_route_share.share_after_ratio is 'share once it is established [0-1]';
comment on column mart.new_route_share.lost_p10_gbps is 'what it loses to the new route at the horizon, 10 % of paths less [Gbit/s]';
comment on column mart.new_route_share.lost_p50_gbps is 'median [Gbit/s]';
comment on column mart.new_route_share.lost_p90_gbps is '90 % of paths no more [Gbit/s]';
comment on column mart.new_route_share.simulated is 'true where made from simulated traffic';
comment on column mart.new_route_share.assumed is 'always true: shares rest on assumed prices and preferences';
