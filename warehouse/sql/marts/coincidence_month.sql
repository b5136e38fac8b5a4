-- one row per combination_id, period_start
create view mart.coincidence_month as
with latest as (
    from core.coincidence_month
    qualify row_number() over (partition by combination_id, period_start order by version desc) = 1
)
select combination_id, period_start, kappa, slots, known_at,
    made.combination_id is not null as simulated
from latest
left join (
    select distinct combination_id
    from (
        select combination_id, unnest(string_split(combination_id, '+')) as member
        from (select distinct combination_id from core.coincidence_month)
    )
    join mart.route as route on route.route_id = regexp_replace(member, ':[a-z]+$', '')
    where route.simulated
) as made using (combination_id);
