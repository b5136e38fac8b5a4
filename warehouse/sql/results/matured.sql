-- one row per statistic, horizon, target_start: how past runs' forecasts did, the last run of each origin, and what their receipts promised
with spoke as (
    select run_id
    from core.forecast_run
    where grain = $grain
    qualify row_number() over (partition by origin order by known_at desc, finished_at desc, run_id) = 1
)
select
    said.statistic, said.horizon, said.target_start, count(*)::double as n,
    count(*) filter (said.inside_80)::double as inside_80, count(*) filter (said.inside_95)::double as inside_95,
    -- An outcome on the median is half above it.
    (count(*) filter (said.error_gbps < 0) + 0.5 * count(*) filter (said.error_gbps = 0))::double as above_median,
    sum(coalesce(receipt.coverage_80, 0.8)) as promised_80, sum(coalesce(receipt.coverage_95, 0.95)) as promised_95,
    coalesce(sum(abs(said.error_gbps)) filter (receipt.mae_gbps is not null), 0) as error_gbps, coalesce(sum(receipt.mae_gbps), 0) as promised_error_gbps
from mart.forecast_accuracy as said
join spoke using (run_id)
left join core.backtest_score as receipt
    on receipt.run_id = said.run_id and receipt.model = 'ensemble' and receipt.horizon = said.horizon and receipt.series_kind = said.series_kind
    and receipt.series_id = said.series_id and receipt.direction = said.direction and receipt.statistic = said.statistic and receipt.grain = said.grain
where said.grain = $grain and said.series_kind in ('route', 'country') and said.target_start >= $since
group by said.statistic, said.horizon, said.target_start
order by said.statistic, said.horizon, said.target_start
