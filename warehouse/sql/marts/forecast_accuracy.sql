-- one row per run, series_kind, series_id, direction, statistic, grain, target_start
create view mart.forecast_accuracy as
with actual as (
    select
        grain, series_kind, series_id, direction, statistic, period_start as target_start,
        value_gbps as actual_gbps
    from mart.traffic_latest
    where value_gbps is not null
    union all
    select 'year', 'country', country, 'in', 'mean', make_date(year, 1, 1), gbps
    from mart.international_bandwidth
    qualify row_number() over (partition by country, year order by source_kind = 'direct' desc) = 1
),
forecast as (
    select
        fan.run_id, run.known_at, run.origin, fan.series_kind, fan.series_id, fan.direction, fan.statistic, fan.grain, fan.target_start, fan.horizon,
        fan.series_kind <> 'country' and run.simulated as simulated, actual.actual_gbps,
        fan.median_gbps, fan.low_80_gbps, fan.high_80_gbps, fan.low_95_gbps, fan.high_95_gbps, fan.levels, fan.values_gbps
    from core.forecast_fan as fan
    join (select run_id, known_at, origin, simulated from mart.run_history) as run using (run_id)
    join actual using (grain, series_kind, series_id, direction, statistic, target_start)
)
select
    run_id, known_at, origin, series_kind, series_id, direction, statistic, grain, target_start, horizon,
    actual_gbps, median_gbps, low_80_gbps, high_80_gbps, low_95_gbps, high_95_gbps,
    median_gbps - actual_gbps as error_gbps,
    median_gbps / nullif(actual_gbps, 0) - 1 as error_ratio,
    actual_gbps between low_80_gbps and high_80_gbps as inside_80,
    actual_gbps between low_95_gbps and high_95_gbps as inside_95,
    -- With factor 2, a level's loss is |difference| + (2 level - 1) difference, so the mean over levels is a sum of two lists' products.
    (list_sum(list_transform(values_gbps, lambda value: abs(actual_gbps - value)))
        + list_sum(list_transform(levels, lambda level: 2 * level - 1)) * actual_gbps
        - 2 * list_dot_product(levels, values_gbps) + list_sum(values_gbps)) / len(levels) as pinball_gbps,
    simulated
from forecast;
