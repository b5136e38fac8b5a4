-- Where clocks go back, an hour of local times occurs twice, and a stamp without an offset is read as the second of them. Of two rows of a port
-- with the same such stamp the one that comes first in a file of ascending times is the first (in one of descending times, the second).
update staged
set at_us = at_us - 3600000000
where rowid in (
    select place
    from (
        select
            rowid as place,
            row_number() over same as nth,
            count(*) over (partition by interface_key, at_us, in_bps is null, out_bps is null) as rows_there
        from staged
        where problem is null and timezone($zone, make_timestamptz(at_us)) = timezone($zone, make_timestamptz(at_us - 3600000000))
        window same as (partition by interface_key, at_us, in_bps is null, out_bps is null order by rowid)
    )
    where rows_there = 2
        and nth = (select case when arg_min(at_us, rowid) > arg_max(at_us, rowid) then 2 else 1 end from staged where problem is null)
);
