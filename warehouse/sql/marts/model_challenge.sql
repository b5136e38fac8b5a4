-- one row per grain, statistic, challenger
create view mart.model_challenge as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.grain, result.statistic, result.challenger, result.n, result.periods, result.horizon_to,
    result.champion_error_ratio, result.challenger_error_ratio, result.dm_p, result.verdict, result.reason, result.reason_code, result.reason_values,
    run.simulated
from core.model_challenge as result
join mart.run_history as run using (run_id)
where run.latest;
comment on view mart.model_challenge is 'Every candidate and benchmark against the ensemble on months that came, as the latest runs found.';
comment on column mart.model_challenge.run_id is 'the run that made the row; see run_history';
comment on column mart.model_challenge.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.model_challenge.origin is 'first day of the last observed period of the run [date]';
comment on column mart.model_challenge.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.model_challenge.grain is 'month, week, day or year';
comment on column mart.model_challenge.statistic is 'mean or p95 of the period''s valid slots';
comment on column mart.model_challenge.challenger is 'a candidate of the ensemble, seasonal_naive or drift';
comment on column mart.model_challenge.n is 'past forecasts compared';
comment on column mart.model_challenge.periods is 'different periods they are of';
comment on column mart.model_challenge.horizon_to is 'longest horizon among them [periods]';
comment on column mart.model_challenge.champion_error_ratio is 'mean absolute error of the ensemble over the mean of what came [ratio]';
comment on column mart.model_challenge.challenger_error_ratio is 'the same of the challenger [ratio]';
comment on column mart.model_challenge.dm_p is 'two-sided Diebold-Mariano p over periods (HLN); empty where not computable [0-1]';
comment on column mart.model_challenge.verdict is 'too_early, keep or promote';
comment on column mart.model_challenge.reason is 'by which rule, for a reader who is no programmer';
comment on column mart.model_challenge.reason_code is 'the code of reason in the catalogues of texts';
comment on column mart.model_challenge.reason_values is 'what the text of reason names, as JSON';
comment on column mart.model_challenge.simulated is 'true where made from simulated traffic';
