-- one row per run, series_kind, series_id, direction, statistic, grain, target_start
create view mart.revision as
with run as (
    select
        run_id, grain, known_at, origin, simulated, latest,
        lag(run_id) over (partition by grain order by origin, known_at, run_id) as earlier_run_id
    from mart.run_history
)
-- Joined run by run, so that one run's revisions read two runs and not all of them.
select
    run.run_id, run.known_at, run.origin, run.earlier_run_id, later.series_kind, later.series_id, later.direction, later.statistic,
    later.grain, later.target_start, earlier.median_gbps as earlier_gbps, later.median_gbps as value_gbps,
    later.median_gbps - earlier.median_gbps as change_gbps,
    later.median_gbps / nullif(earlier.median_gbps, 0) - 1 as change_ratio,
    later.series_kind <> 'country' and run.simulated as simulated, run.latest
from run
join core.forecast_fan as later on later.run_id = run.run_id
join core.forecast_fan as earlier
    on earlier.run_id = run.earlier_run_id
    and earlier.series_kind = later.series_kind and earlier.series_id = later.series_id and earlier.direction = later.direction
    and earlier.statistic = later.statistic and earlier.grain = later.grain and earlier.target_start = later.target_start;
