-- one row per zone and quarter of an hour of the time at hand: its local hour and weekday
create or replace temp table local_hour as
select
    time_zone, epoch_us(quarter) // 900000000 as quarter,
    hour(timezone(time_zone, quarter)) as hour, isodow(timezone(time_zone, quarter)) as weekday
from (select distinct time_zone from port_route)
cross join (select unnest(generate_series($from_at::timestamptz, $until_at::timestamptz, interval 15 minute)) as quarter);
