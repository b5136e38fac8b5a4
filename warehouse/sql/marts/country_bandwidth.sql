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
comment on view mart.country_bandwidth is 'International Internet bandwidth of countries: reported and, for later years, forecast. Real figures, nothing simulated.';
comment on column mart.country_bandwidth.country is 'ISO 3166 alpha-2';
comment on column mart.country_bandwidth.year is 'calendar year [year]';
comment on column mart.country_bandwidth.reported_gbps is 'bandwidth in use or equipped, as reported; empty: forecast only [Gbit/s]';
comment on column mart.country_bandwidth.source_kind is 'derived (per inhabitant x population) or direct';
comment on column mart.country_bandwidth.low_80_gbps is 'lower end of the 80 % prediction interval [Gbit/s]';
comment on column mart.country_bandwidth.median_gbps is 'middle of the forecast [Gbit/s]';
comment on column mart.country_bandwidth.high_80_gbps is 'upper end of the 80 % prediction interval [Gbit/s]';
comment on column mart.country_bandwidth.source is 'where the row comes from';
comment on column mart.country_bandwidth.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column mart.country_bandwidth.known_at is 'when the reported figure became known [UTC]';
comment on column mart.country_bandwidth.run_id is 'the run that made the forecast; empty: reported only';
comment on column mart.country_bandwidth.simulated is 'false: these figures are reported';
comment on column mart.country_bandwidth.assumed is 'true where no source confirms it (confidence BG)';
