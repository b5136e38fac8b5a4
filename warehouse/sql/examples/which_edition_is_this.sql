-- Which edition am I looking at, from which data and which run?
select edition_id, run_id, grain, origin, known_at, finished_at, code_version, data_hash, simulated
from mart.edition
order by grain
