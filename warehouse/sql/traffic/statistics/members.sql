-- one row per group and member route
create or replace temp table member as
select 'market' as series_kind, market as series_id, route_key from route_number
union all
select 'corridor', corridor, route_key from route_number
union all
select 'total', 'total', route_key from route_number;
