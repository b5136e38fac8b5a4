-- one row per run and series that forecast the period that begins on the day target
create macro mart.vintages(target) as table
select
    run_id, known_at, origin, series_kind, series_id, direction, statistic, grain, target_start, horizon,
    max(value_gbps) filter (where quantile_level = 0.1) as low_80_gbps,
    max(value_gbps) filter (where quantile_level = 0.5) as median_gbps,
    max(value_gbps) filter (where quantile_level = 0.9) as high_80_gbps,
    simulated
from mart.forecast_all
where target_start = target
group by all
order by series_kind, series_id, direction, statistic, grain, origin, known_at, run_id;
comment on macro table mart.vintages is 'What every run said about one period: from mart.vintages(date ''2026-12-01'').';
