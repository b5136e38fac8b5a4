-- one row per country, year, kind
create view mart.country_bandwidth as
with reported as (
    select country, year, source_kind, gbps as reported_gbps, source, confidence, known_at
    from mart.international_bandwidth
    qualify row_number() over (partition by country, year order by source_kind = 'direct' desc) = 1
),
forecast as (
    select
        series_id as country, year(target_start) as year, run_id,
        max(value_gbps) filter (where quantile_level = 0.1) as low_80_gbps,
        max(value_gbps) filter (where quantile_level = 0.5) as median_gbps,
        max(value_gbps) filter (where quantile_level = 0.9) as high_80_gbps
    from mart.forecast_latest
    where series_kind = 'country' and grain = 'year'
    group by series_id, target_start, run_id
)
select
    coalesce(reported.country, forecast.country) as country, coalesce(reported.year, forecast.year) as year,
    reported.reported_gbps, reported.source_kind, forecast.low_80_gbps, forecast.median_gbps,
    forecast.high_80_gbps,
    reported.source, reported.confidence, reported.known_at, forecast.run_id, false as simulated,
    coalesce(reported.confidence = 'BG', false) as assumed
from reported
full join forecast on forecast.country = reported.country and forecast.year = reported.year;
