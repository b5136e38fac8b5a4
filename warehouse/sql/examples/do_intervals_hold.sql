-- Did past forecasts' intervals hold what their receipts promised, once the months came?
select
    statistic, horizon_from, horizon_to, measure, n, periods, n_effective, achieved_ratio, low_ratio, high_ratio, promised_ratio, drifted, reason, simulated
from mart.live_accuracy
order by statistic, horizon_from, measure
