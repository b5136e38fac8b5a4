-- one row: how many slots the load wrote
select count(*) as slots from core.traffic_sample where batch_id = $batch_id;
