-- one row per port and month that loads after the given one touched
create or replace temp table doubtful_span as
select distinct interface_key, timezone($zone, month_start) as from_at, timezone($zone, month_start + interval 1 month) as until_at
from (
    select interface_key, unnest(generate_series(date_trunc('month', timezone($zone, first_slot)), timezone($zone, last_slot), interval 1 month)) as month_start
    from core.batch_extent
    where batch_id > $since_batch_id
);
