-- one row: the last pass, where loads have got to, and up to which load the grains at hand and the sums by weekday and hour are what
-- these settings make of it; empty where another pass has made anything else of it since
with latest as (
    select
        grain, arg_max(p.last_batch_id, p.version) as last_batch_id,
        arg_max((p.time_zone, p.min_coverage_ratio, p.network_hash) = ($zone, $min_coverage, $network_hash), p.version) as same
    from (select unnest(string_split($grains, ',')) as grain) g
    left join core.statistics_pass p on list_contains(string_split(p.grains, ','), g.grain)
    group by grain
)
select
    coalesce((select max(version) from core.statistics_pass), 0) + 1 as version,
    coalesce((select max(batch_id) from core.load_batch), 0) as last_batch_id,
    (select case when bool_and(coalesce(same, false)) then min(last_batch_id) end from latest) as after_batch,
    (select case when (time_zone, network_hash) = ($zone, $network_hash) then last_batch_id end
     from core.statistics_pass order by version desc limit 1) as profiled_batch;
