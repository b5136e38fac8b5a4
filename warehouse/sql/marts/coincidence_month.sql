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
comment on view mart.coincidence_month is 'How far the peaks of a combination of routes coincided in each month, as known now.';
comment on column mart.coincidence_month.combination_id is 'the members, ''route_id:direction'' sorted and joined by +';
comment on column mart.coincidence_month.period_start is 'first day of the month [date]';
comment on column mart.coincidence_month.kappa is 'p95(sum) / sum(p95) on time-aligned slots [ratio]';
comment on column mart.coincidence_month.slots is 'slots valid in all members';
comment on column mart.coincidence_month.known_at is 'when this became known [UTC]';
comment on column mart.coincidence_month.simulated is 'true where a member''s traffic is simulated';
