-- Which files were loaded, and did every row find its place?
select file_name, source, known_at, rows_in, rows_loaded, rows_quarantined, rows_known, slots_new, slots_changed, first_slot, last_slot, simulated
from mart.load_history
order by known_at desc, file_name
