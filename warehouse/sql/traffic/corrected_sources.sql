-- one row per other source of the same priority whose values of slots the file replaced
select l.source, count(*) as slots
from verdict v
join core.load_batch l on l.batch_id = v.known_batch
where v.verdict = 'changed' and l.source <> $source and l.priority = $priority
    and ((v.known_in is not null and v.in_bps is distinct from v.known_in) or (v.known_out is not null and v.out_bps is distinct from v.known_out))
group by l.source
order by l.source;
