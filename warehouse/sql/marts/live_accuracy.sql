-- one row per grain, statistic, horizon_from, measure
create view mart.live_accuracy as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.grain, result.statistic, result.horizon_from, result.horizon_to, result.measure, result.n,
    result.periods, result.first_target, result.last_target, result.n_effective, result.achieved_ratio,
    result.low_ratio, result.high_ratio, result.promised_ratio, result.error_ratio, result.drifted, result.reason, result.reason_code, result.reason_values,
    run.simulated
from core.live_accuracy as result
join mart.run_history as run using (run_id)
where run.latest;
comment on view mart.live_accuracy is 'Whether intervals held what their receipts promised once the months came, as the latest runs found.';
comment on column mart.live_accuracy.run_id is 'the run that made the row; see run_history';
comment on column mart.live_accuracy.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.live_accuracy.origin is 'first day of the last observed period of the run [date]';
comment on column mart.live_accuracy.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.live_accuracy.grain is 'month, week, day or year';
comment on column mart.live_accuracy.statistic is 'mean or p95 of the period''s valid slots';
comment on column mart.live_accuracy.horizon_from is 'first horizon of the band [periods]';
comment on column mart.live_accuracy.horizon_to is 'last horizon of the band [periods]';
comment on column mart.live_accuracy.measure is 'inside_80, inside_95 (share of outcomes in the interval) or above_median (share above the median)';
comment on column mart.live_accuracy.n is 'past forecasts whose period is over';
comment on column mart.live_accuracy.periods is 'different periods they are of';
comment on column mart.live_accuracy.first_target is 'the earliest of them [date]';
comment on column mart.live_accuracy.last_target is 'the latest of them [date]';
comment on column mart.live_accuracy.n_effective is 'independent outcomes they are worth: series of one period miss together';
comment on column mart.live_accuracy.achieved_ratio is 'share of outcomes [0-1]';
comment on column mart.live_accuracy.low_ratio is 'lower end of the 99 % Wilson interval of the share [0-1]';
comment on column mart.live_accuracy.high_ratio is 'upper end [0-1]';
comment on column mart.live_accuracy.promised_ratio is 'share that the backtest''s receipt of those runs gives; one half for above_median [0-1]';
comment on column mart.live_accuracy.error_ratio is 'mean absolute error of the medians over that of the receipt; empty where it gives none [ratio]';
comment on column mart.live_accuracy.drifted is 'true where the promised share lies outside the interval';
comment on column mart.live_accuracy.reason is 'what that means, for a reader who is no programmer';
comment on column mart.live_accuracy.reason_code is 'the code of reason in the catalogues of texts';
comment on column mart.live_accuracy.reason_values is 'what the text of reason names, as JSON';
comment on column mart.live_accuracy.simulated is 'true where made from simulated traffic';
