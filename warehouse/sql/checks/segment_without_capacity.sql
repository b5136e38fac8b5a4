-- error: A segment in service carries routes but has no capacity. Add it to capacity.csv, then run `transit load` again.
select distinct segment_id, status
from mart.segment
join mart.route_path using (segment_id)
anti join mart.capacity using (segment_id)
where status = 'in_service'
order by segment_id
