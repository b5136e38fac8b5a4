-- Which models carry the forecasts, and with what weight?
select grain, statistic, model, avg(weight) as mean_weight, max(weight) as highest_weight, count(distinct series_id) as series, bool_or(simulated) as simulated
from mart.forecast_component
group by grain, statistic, model
order by grain, statistic, mean_weight desc, model
