-- one row per good row of a log, with the length of its mean
create or replace temp table log_staged as
select s.*, f.seconds
from (select *, rowid - min(rowid) over () as place from staged) s
join (select seconds, rowid - min(rowid) over () as place from frame_row) f using (place)
where s.problem is null;
