-- one row: the last pass, and where loads and passes have got to
select
    coalesce((select max(version) from core.statistics_pass), 0) + 1 as version,
    coalesce((select max(batch_id) from core.load_batch), 0) as last_batch_id,
    (select last_batch_id from core.statistics_pass
     where (grains, time_zone, min_coverage_ratio, network_hash) = ($grains, $zone, $min_coverage, $network_hash)
     order by version desc limit 1) as after_batch;
