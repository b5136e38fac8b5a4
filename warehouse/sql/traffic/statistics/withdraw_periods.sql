-- empties what earlier passes published of series and periods that have no samples any more: their ports measure something else, as stated now
insert into core.traffic_period
with latest as (
    select * from core.traffic_period
    where grain in (select unnest($grains::varchar[])) and series_kind in ('route', 'market', 'corridor', 'total')
    qualify row_number() over (partition by grain, series_kind, series_id, direction, statistic, period_start order by version desc) = 1
)
select
    grain, series_kind, series_id, direction, statistic, period_start, null, 0.0, 0.0, slot_minutes, simulated, 'no samples',
    $zone, $known_at, $version, 'period.no_samples', '{}'
from latest l
anti join made_series m using (grain, series_kind, series_id, period_start)
where l.reason_code is distinct from 'period.no_samples'
order by all;
