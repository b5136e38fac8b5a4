-- On which series does the forecast beat last year's value, and on which does it not?
select series_kind, series_id, direction, statistic, grain, n, mase, mase < 1 as beats_naive, dm_p, coverage_80, coverage_95, simulated
from mart.backtest_score
where model = 'ensemble' and horizon = 0
order by mase desc nulls last, series_kind, series_id, direction, statistic, grain
