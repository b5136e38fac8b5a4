-- How wrong were past forecasts, by horizon, and did the 80 % intervals keep their word?
select
    grain, statistic, horizon, count(*) as n,
    avg(error_gbps) as bias_gbps, avg(abs(error_gbps)) as mae_gbps,
    avg(inside_80::int) as coverage_80, avg(inside_95::int) as coverage_95, bool_or(simulated) as simulated
from mart.forecast_accuracy
group by grain, statistic, horizon
order by grain, statistic, horizon
