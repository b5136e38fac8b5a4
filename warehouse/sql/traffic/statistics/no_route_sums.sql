-- one row per route, period and slot length; filled period by period, so that exact quantiles of one period at a time are held in memory
create or replace temp table route_sum (
    route_key integer, period_start date, slot_minutes smallint, from_at timestamptz, until_at timestamptz,
    mean_in double, mean_out double, p95_in double, p95_out double,
    mean_slots_in bigint, mean_slots_out bigint, p95_slots_in bigint, p95_slots_out bigint, censored_in bigint, censored_out bigint
);
