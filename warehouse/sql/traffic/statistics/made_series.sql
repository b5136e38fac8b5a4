-- adds the series and periods at hand
insert into made_series
select distinct $grain, 'route', n.route_id, r.period_start from route_period r join route_number n using (route_key)
union all
select distinct $grain, series_kind, series_id, period_start from group_period;
