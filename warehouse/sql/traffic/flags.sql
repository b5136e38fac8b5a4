-- one row per flag of the slots a load wrote
select flag::varchar as flag, count(*) as slots from core.traffic_sample where batch_id = $batch_id group by flag order by flag;
