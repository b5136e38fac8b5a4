-- The fans of runs that have quantiles and no fans yet.
insert into core.forecast_fan
select
    run_id, series_kind, series_id, direction, statistic, grain, target_start, any_value(horizon),
    max(value_gbps) filter (where quantile_level = 0.025), max(value_gbps) filter (where quantile_level = 0.1),
    max(value_gbps) filter (where quantile_level = 0.5), max(value_gbps) filter (where quantile_level = 0.9),
    max(value_gbps) filter (where quantile_level = 0.975),
    list(quantile_level order by quantile_level), list(value_gbps order by quantile_level)
from core.forecast_quantile
where run_id = $run_id and not exists (from core.forecast_fan where run_id = $run_id)
group by run_id, series_kind, series_id, direction, statistic, grain, target_start
order by series_kind, series_id, direction, statistic, grain, target_start
