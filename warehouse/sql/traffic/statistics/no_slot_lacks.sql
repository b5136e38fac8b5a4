-- one row per route, period and slot length: what is missing of slots that were measured in part; filled period by period
create or replace temp table slot_lack (
    route_key integer, period_start date, slot_minutes smallint, mean_in double, mean_out double, p95_in double, p95_out double
);
