-- one row: whether any window is stated, and whether a slot has the flag of one
select
    exists (from maintenance_window) as stated,
    exists (from core.traffic_sample where flag = 'maintenance') as flagged;
