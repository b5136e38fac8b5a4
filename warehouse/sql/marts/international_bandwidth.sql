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
