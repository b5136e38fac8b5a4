-- one row: what the pass wrote
select count(*) as rows, count(value_gbps) as values, count(distinct (grain, period_start)) as periods
from core.traffic_period where version = $version;
