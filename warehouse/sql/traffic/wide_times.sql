-- one row per row of a wide table, its time read once for all of its columns
create or replace temp table wide_timed as
select
    case
        when $time_kind = 'none' then $earliest_us::bigint
        when $time_kind = 'microseconds' then try_cast(stamp as bigint)
        when $time_kind = 'epoch' then try_cast(try_cast(stamp as double) * $stamp_us as bigint)
        when $time_kind = 'format' then epoch_us(timezone($zone, try_strptime(cast(stamp as varchar), $formats)))
        when $zone = 'UTC' then epoch_us(try_cast(cast(stamp as varchar) as timestamp))
        when regexp_matches(cast(stamp as varchar), '(Z|[+-]\d\d:?\d\d)$')
            then epoch_us(try_cast(cast(stamp as varchar) as timestamptz))
        else epoch_us(timezone($zone, try_cast(cast(stamp as varchar) as timestamp)))
    end as known_us,
    *
from wide_row;
