-- one row per zone and quarter of an hour of the time at hand: its local hour and weekday. Zone and quarter are one number, or
-- the planner would first join every port with every quarter
create or replace temp table local_hour as
select
    epoch_us(quarter) // 900000000 * 1000 + zone_key as moment,
    hour(timezone(time_zone, quarter))::tinyint as hour, isodow(timezone(time_zone, quarter))::tinyint as weekday
from (select distinct zone_key, time_zone from port_route)
cross join (select unnest(generate_series($from_at::timestamptz, $until_at::timestamptz, interval 15 minute)) as quarter);
