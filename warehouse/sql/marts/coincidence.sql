-- one row per combination_id
create view mart.coincidence as
with latest as (
    from core.coincidence_month
    qualify row_number() over (partition by combination_id, period_start order by version desc) = 1
)
select
    combination_id, avg(kappa) as kappa, coalesce(stddev_samp(kappa), 0) as kappa_sd, count(*) as months,
    max(known_at) as known_at,
    bool_or(made.combination_id is not null) as simulated
from latest
left join (
    select distinct combination_id
    from (
        select combination_id, unnest(string_split(combination_id, '+')) as member
        from (select distinct combination_id from core.coincidence_month)
    )
    join mart.route as route on route.route_id = regexp_replace(member, ':[a-z]+$', '')
    where route.simulated
) as made using (combination_id)
group by combination_id;
