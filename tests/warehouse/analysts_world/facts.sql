-- A made-up network and its traffic: $routes routes, $months months up to October 2026. Every value follows from its index.
insert into core.node by name
select
    city as node_id, city as name, country, 'city_pop' as kind, 'made up' as source, 'high' as confidence,
    timestamptz '2022-01-01 00:00:00+00' as known_at, 0 as correction, false as withdrawn
from (values ('ALA', 'KZ'), ('AST', 'KZ'), ('AKT', 'KZ'), ('TAS', 'UZ'), ('ASB', 'TM'), ('DYU', 'TJ'), ('BSK', 'KG'), ('BAK', 'AZ'),
    ('FRA', 'DE'), ('MOW', 'RU'), ('SOF', 'BG')) as city(city, country);

create temp table a_route as
with city as (
    select
        i,
        (['ALA', 'AKT', 'TAS', 'ASB', 'AST', 'DYU', 'BSK', 'BAK'])[1 + i % 8] as a_node,
        (['KZ', 'KZ', 'UZ', 'TM', 'KZ', 'TJ', 'KG', 'AZ'])[1 + i % 8] as a_country,
        (['FRA', 'MOW', 'SOF'])[1 + (i + i // 24) % 3] as z_node,
        (['DE', 'RU', 'BG'])[1 + (i + i // 24) % 3] as z_country
    from range($routes) as r(i)
)
select
    i, a_node || '-' || z_node || case when i >= 24 then '-' || (i // 24 + 1) else '' end as route_id, a_node, z_node,
    a_country || '-' || z_country as market, case when z_country = 'RU' then 'north' else 'west' end as corridor,
    4.0 + (i * 37 % 50) / 2 as start_gbps, 0.012 + (i * 7 % 10) / 1000 as growth
from city;

insert into core.route by name
select
    route_id, a_node || ' to ' || z_node as name, a_node, z_node, market, corridor, true as simulated,
    timestamptz '2022-01-01 00:00:00+00' as known_at, 0 as correction, false as withdrawn
from a_route;

create temp table a_segment as
select 'S' || lpad((i + 1)::varchar, 3, '0') as segment_id, i
from range(greatest(6, $routes // 2)) as s(i);

insert into core.segment by name
select
    segment_id, (['ALA', 'AKT', 'TAS', 'ASB', 'AST'])[1 + i % 5] as a_node, (['BAK', 'MOW', 'SOF', 'FRA'])[1 + i % 4] as z_node,
    400.0 + i * 90 % 900 as length_km, 'in_service' as status, 'Operator ' || (i % 3 + 1) as operators, i % 5 = 4 as assumed, 'made up' as source, 'high' as confidence,
    timestamptz '2022-01-01 00:00:00+00' as known_at, 0 as correction, false as withdrawn
from a_segment;

insert into core.capacity by name
select
    segment_id, date '2022-01-01' as valid_from, 100.0 * (1 + i % 3) as lit_gbps, 800.0 as design_gbps, i % 5 = 4 as assumed,
    'made up' as source, 'high' as confidence, timestamptz '2022-01-01 00:00:00+00' as known_at, 0 as correction, false as withdrawn
from a_segment;

insert into core.route_path by name
select
    route_id, rank, seq, 'S' || lpad((1 + (i * (rank + 1) + seq * rank) % (select count(*) from a_segment))::varchar, 3, '0') as segment_id,
    timestamptz '2022-01-01 00:00:00+00' as known_at, 0 as correction, false as withdrawn
from a_route, range(1, 3) as k(rank), range(1, 3) as q(seq);

insert into core.interface by name
select
    route_id || '-1' as interface_id, route_id, 100.0 as speed_gbps, 'Asia/Almaty' as time_zone, 1 as priority,
    timestamptz '2022-01-01 00:00:00+00' as known_at, 0 as correction, false as withdrawn
from a_route;

insert into core.event by name
select
    'CUT-2025-06' as event_id, timestamptz '2025-06-11 03:20:00+00' as start_at, timestamptz '2025-06-13 03:20:00+00' as end_at,
    'cut' as kind, 'segment' as scope_kind, 'S002' as scope_id, 'one path lost for two days' as effect, true as simulated, 'made up' as source,
    'high' as confidence, timestamptz '2025-06-14 00:00:00+00' as known_at, 0 as correction, false as withdrawn;

insert into core.driver by name
select
    'customers' as driver_id, 'all' as scope_kind, '' as scope_id, date '2020-01-01' as period_start, 100.0 as value, '1' as unit, true as assumed, 'made up' as source,
    'low' as confidence, timestamptz '2026-01-01 00:00:00+00' as known_at, 0 as correction, false as withdrawn;

insert into core.assumption by name
select
    *, 'made up' as source, 'planning' as author, 'medium' as confidence, timestamptz '2026-01-01 00:00:00+00' as known_at, 0 as correction, false as withdrawn
from (values ('LEAD', 'lead_time', 'all', 3.0, 5.0, 9.0, 'month'), ('PRICE-100', 'module_price', 'all', 40000.0, 50000.0, 70000.0, 'USD'),
    ('CUTS', 'cut_rate', 'all', 0.5, 2.0, 4.0, '1/year')) as a(assumption_id, name, scope, low, value, high, unit);

insert into core.international_bandwidth by name
select
    country, year, round(base * pow(1.3, year - 2015), 1) as gbps, 'direct' as source_kind, 'made up' as source, 'high' as confidence,
    timestamptz '2026-01-01 00:00:00+00' as known_at, 0 as correction, false as withdrawn
from (values ('KZ', 300.0), ('UZ', 60.0), ('KG', 40.0)) as c(country, base), range(2015, 2026) as y(year);

insert into core.load_batch by name
select
    m + 1 as batch_id, 'backbone' as source, 1 as priority, strftime(date '2026-10-01' - to_months($months - 1 - m), 'backbone-%Y-%m.parquet') as file_name,
    md5(m::varchar) as content_hash, 'x' as spec_hash, 1000000 as file_bytes, 8640 * $routes as rows_in, 8640 * $routes as rows_loaded, 0 as rows_quarantined,
    0 as rows_known, 8640 * $routes as slots_new, 0 as slots_changed, 5 as slot_minutes, '{"ok": 1}' as flags, '' as notes, true as simulated,
    date '2026-10-01' - to_months($months - 2 - m) + interval 1 day as known_at
from range($months) as t(m);

-- Mean of a route in a month: growth, a season of a year, and a wobble of its own.
create temp table a_mean as
select
    i, route_id, market, corridor, direction, m, (date '2026-10-01' - to_months($months - 1 - m))::date as period_start,
    start_gbps * case when direction = 'in' then 1 else 0.3 end * exp(growth * m + 0.06 * sin((m + i) * pi() / 6) + 0.02 * sin(m * 12.9898 + i * 78.233)) as mean_gbps
from a_route, (values ('in'), ('out')) as d(direction), range($months) as t(m);

create temp table a_series as
with grouped as (
    select 'route' as series_kind, route_id as series_id, direction, m, period_start, mean_gbps, 1.55 as p95_ratio from a_mean
    union all
    select 'market', market, direction, m, period_start, sum(mean_gbps), 1.5 from a_mean group by all
    union all
    select 'corridor', corridor, direction, m, period_start, sum(mean_gbps), 1.46 from a_mean group by all
    union all
    select 'total', 'total', direction, m, period_start, sum(mean_gbps), 1.43 from a_mean group by all
)
select series_kind, series_id, direction, statistic, m, period_start, round(mean_gbps * case when statistic = 'mean' then 1 else p95_ratio end, 6) as value_gbps
from grouped, (values ('mean'), ('p95')) as s(statistic);

insert into core.traffic_period by name
select
    'month' as grain, series_kind, series_id, direction, statistic, period_start,
    case when not gap then value_gbps end as value_gbps, case when gap then 0.62 else 1 end as coverage_ratio, 0 as censored_ratio, 5 as slot_minutes,
    true as simulated, case when gap then 'coverage 62 %, 90 % wanted' end as reason, 'Asia/Almaty' as time_zone,
    period_start + interval 1 month + interval 1 day as known_at, m + 1 as version
from (select *, series_kind = 'route' and series_id = 'ALA-FRA' and m = $months - 9 as gap from a_series)
union all
-- July of one route is corrected in September.
select
    'month', series_kind, series_id, direction, statistic, period_start, round(value_gbps * 0.97, 6), 1, 0, 5, true, null, 'Asia/Almaty',
    timestamptz '2026-09-10 00:00:00+00', 100000
from a_series
where series_kind = 'route' and series_id = 'AKT-MOW' and period_start = date '2026-07-01';

insert into core.traffic_peak by name
select
    'month' as grain, route_id, direction, period_start, round(mean_gbps * 1.9, 6) as peak_gbps, period_start + interval 9 day + interval 16 hour as peak_at,
    21 as busy_hour, round(mean_gbps * 1.45, 6) as busy_hour_mean_gbps, 1.9 as peak_to_mean_ratio, 'Asia/Almaty' as time_zone,
    period_start + interval 1 month + interval 1 day as known_at, m + 1 as version
from a_mean;

insert into core.traffic_profile by name
select
    route_id, direction, weekday, hour, round(mean_gbps * (1 + 0.45 * sin((hour - 15) * pi() / 12)), 6) as mean_gbps,
    timestamptz '2026-11-02 00:00:00+00' as known_at, 1 as version
from (from a_mean where m = $months - 1), range(1, 8) as w(weekday), range(24) as h(hour);

insert into core.interface_key
select i, route_id || '-1' from a_route;

-- One port, October 2026: 8928 slots of five minutes, of which 36 have no value.
insert into core.traffic_sample by name
select
    0 as interface_key, slot_start, case when n between 4000 and 4035 then null else in_bps end as in_bps,
    case when n between 4000 and 4035 then null else round(in_bps * 0.31) end as out_bps,
    case when n between 4000 and 4035 then 'gap' else 'ok' end::core.slot_flag as flag, 5 as slot_minutes, $months as batch_id
from (
    select
        n, timestamptz '2026-09-30 19:00:00+00' + to_minutes(5 * n) as slot_start,
        (8000000000 + 2600000000 * (1 - abs((n % 288) - 190) / 190.0) + (n * 7919 % 8928) * 300000)::bigint::double as in_bps
    from range(8928) as s(n)
);
