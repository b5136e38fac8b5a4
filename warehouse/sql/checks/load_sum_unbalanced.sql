-- error: The rows of a file do not add up. Report it; the load wrote them in one step, so the database is damaged.
select file_name, known_at, rows_in, rows_loaded, rows_quarantined, rows_known
from mart.load_history
where rows_in <> rows_loaded + rows_quarantined + rows_known
order by known_at, file_name
