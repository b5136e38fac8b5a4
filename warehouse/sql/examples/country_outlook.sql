-- How much international bandwidth had each country, and how much will it have?
select country, year, reported_gbps, low_80_gbps, median_gbps, high_80_gbps, confidence, source
from mart.country_bandwidth
order by country, year
