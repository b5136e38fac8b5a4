-- the pass itself
insert into core.statistics_pass values ($version, $grains, $zone, $min_coverage, $network_hash, $last_batch_id, $today, $known_at, $ports_hash);
