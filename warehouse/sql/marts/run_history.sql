-- one row per run
create view mart.run_history as
select
    run_id, grain, origin, known_at, settings, code_version, data_hash, seed, started_at, finished_at,
    simulated,
    row_number() over (partition by grain order by origin desc, known_at desc, finished_at desc, run_id) = 1 as latest
from core.forecast_run;
comment on view mart.run_history is 'Every run whose results are kept, and which one speaks now.';
comment on column mart.run_history.run_id is 'the month of the origin and a hash of settings, code, data and seed';
comment on column mart.run_history.grain is 'month, week, day or year';
comment on column mart.run_history.origin is 'first day of the last observed period [date]';
comment on column mart.run_history.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.run_history.settings is 'every setting of the run, as JSON';
comment on column mart.run_history.code_version is 'version of the software';
comment on column mart.run_history.data_hash is 'SHA-256 of the data that went in';
comment on column mart.run_history.seed is 'seed of the random numbers';
comment on column mart.run_history.started_at is 'when the run began [UTC]';
comment on column mart.run_history.finished_at is 'when its results were complete [UTC]';
comment on column mart.run_history.simulated is 'true where any of its traffic is simulated';
comment on column mart.run_history.latest is 'true for the run with the latest origin of its grain, and of those the best informed: forecast_latest and the plans show it';
