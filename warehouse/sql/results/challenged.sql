-- one row per statistic, challenger, target_start: absolute errors of the ensemble and of the challenger on the same past forecasts
with spoke as (
    select run_id
    from core.forecast_run
    where grain = $grain
    qualify row_number() over (partition by origin order by known_at desc, finished_at desc, run_id) = 1
),
said as (
    select run_id, origin, series_kind, series_id, direction, statistic, target_start, horizon, actual_gbps, median_gbps
    from mart.forecast_accuracy
    where grain = $grain and series_kind in ('route', 'country') and target_start >= $since and horizon <= $horizon_to and run_id in (from spoke)
),
known as (
    select series_kind, series_id, direction, statistic, period_start, value_gbps,
        row_number() over series as place, first_value(value_gbps) over series as first_gbps
    from (
        from mart.traffic_latest select series_kind, series_id, direction, statistic, period_start, value_gbps where grain = $grain and series_kind = 'route' and value_gbps is not null
        union all
        from mart.international_bandwidth select 'country', country, 'in', 'mean', make_date(year, 1, 1), gbps where $grain = 'year'
        qualify row_number() over (partition by country, year order by source_kind = 'direct' desc) = 1
    )
    window series as (partition by series_kind, series_id, direction, statistic order by period_start)
),
challenger as (
    select said.*, component.model, component.value_gbps as said_gbps
    from said
    join core.forecast_component as component using (run_id, series_kind, series_id, direction, statistic, target_start)
    where component.grain = $grain
    union all
    select said.*, 'drift', greatest(last.value_gbps + said.horizon * (last.value_gbps - last.first_gbps) / (last.place - 1), 0)
    from said
    join known as last
        on last.series_kind = said.series_kind and last.series_id = said.series_id and last.direction = said.direction
        and last.statistic = said.statistic and last.period_start = said.origin
    where last.place > 1
    union all
    select said.*, 'seasonal_naive', before.value_gbps
    from said
    join known as before
        on before.series_kind = said.series_kind and before.series_id = said.series_id and before.direction = said.direction and before.statistic = said.statistic
        and before.period_start = case $grain
            when 'month' then said.target_start - to_months(12 * ceil(said.horizon / 12)::integer)
            when 'week' then said.target_start - to_days(364 * ceil(said.horizon / 52)::integer)
            when 'day' then said.target_start - to_days(7 * ceil(said.horizon / 7)::integer)
            else said.origin end
)
select
    statistic, model as challenger, target_start, count(*)::double as n, sum(actual_gbps) as actual_gbps,
    sum(abs(median_gbps - actual_gbps)) as champion_gbps, sum(abs(said_gbps - actual_gbps)) as challenger_gbps
from challenger
group by statistic, model, target_start
order by statistic, model, target_start
