-- one row per port and month that may hold something doubtful; filled month by month
create or replace temp table suspect (interface_key integer, slot_minutes smallint, from_at timestamptz, until_at timestamptz);
