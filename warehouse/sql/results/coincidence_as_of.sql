-- one row per combination_id, as known at the time as_of
with latest as (
    from core.coincidence_month
    where known_at <= $as_of
    qualify row_number() over (partition by combination_id, period_start order by version desc) = 1
)
select combination_id, avg(kappa) as kappa, coalesce(stddev_samp(kappa), 0) as kappa_sd, count(*) as months
from latest
group by combination_id
