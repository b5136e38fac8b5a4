-- one row: whether every time is a midnight, and how many rows of a port share the fullest of them
select coalesce(bool_and(cast(timezone($zone, make_timestamptz(at_us)) as time) = time '00:00'), false) as midnights, max(rows) as rows
from (select interface_key, at_us, in_bps is null, out_bps is null, count(*) as rows from staged where problem is null group by all);
