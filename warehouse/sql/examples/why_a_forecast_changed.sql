-- Why does the last run say something else of the traffic in half a year than the run before it, route by route?
select
    series_id, direction, target_start, step, value_before, change, value_after, reason, run_id, earlier_run_id, simulated
from mart.revision_part
where latest and series_kind = 'route' and measure = 'p95_gbps' and target_start = origin + interval 6 month
order by series_id, direction, step_seq
