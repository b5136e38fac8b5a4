-- one row: what a file with known slots brought
select
    coalesce(sum(used_rows) filter (where verdict in ('new', 'changed')), 0)::bigint as rows_loaded,
    count(*) filter (where verdict = 'new') as slots_new,
    count(*) filter (where verdict = 'changed') as slots_changed,
    count(*) filter (where verdict = 'outranked') as slots_outranked
from verdict;
