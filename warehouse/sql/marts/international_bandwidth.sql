-- one row per country, year, source_kind
create view mart.international_bandwidth as
with latest as (
    from core.international_bandwidth
    qualify row_number() over (partition by country, year, source_kind order by known_at desc, correction desc) = 1
)
select country, year, gbps, source_kind, source, confidence, known_at,
    coalesce(confidence = 'BG', false) as assumed
from latest
where not withdrawn;
comment on view mart.international_bandwidth is 'International Internet bandwidth of a country in a year. As known now.';
comment on column mart.international_bandwidth.country is 'ISO 3166 alpha-2';
comment on column mart.international_bandwidth.year is 'calendar year [year]';
comment on column mart.international_bandwidth.gbps is 'bandwidth in use or equipped, as reported [Gbit/s]';
comment on column mart.international_bandwidth.source_kind is 'derived (per inhabitant x population) or direct';
comment on column mart.international_bandwidth.source is 'where the row comes from';
comment on column mart.international_bandwidth.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column mart.international_bandwidth.known_at is 'when this became known [UTC]';
comment on column mart.international_bandwidth.assumed is 'true where no source confirms it (confidence BG)';
