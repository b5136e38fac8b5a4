-- one row per route, month, weekday and hour; filled month by month
create or replace temp table profile_part (
    route_id varchar, period_start date, weekday tinyint, hour tinyint, sum_in_bps double, slots_in bigint, sum_out_bps double, slots_out bigint
);
