-- one row per run
create view mart.run_history as
select
    run_id, grain, origin, known_at, settings, code_version, data_hash, seed, started_at, finished_at,
    simulated,
    row_number() over (partition by grain order by origin desc, known_at desc, finished_at desc, run_id) = 1 as latest
from core.forecast_run;
