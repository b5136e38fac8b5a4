-- sums of whole months, for the passes to come
insert into ops.profile_sum
select * from profile_part where period_start in (select period_start from profile_span where kept) order by period_start, route_id, weekday, hour;
