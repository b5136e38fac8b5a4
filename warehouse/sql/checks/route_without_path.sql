-- error: A route has no path, so its traffic loads no segment. Add it to route_paths.csv, then run `transit load` again.
select route_id, name
from mart.route
anti join mart.route_path using (route_id)
order by route_id
