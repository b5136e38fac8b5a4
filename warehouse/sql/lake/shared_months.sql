-- one row per month and slot length of the samples of a project in the lake: a hash of its month, and whether any of its loads was simulated
select part.part as month, sample.slot_minutes::integer as slot_minutes, part.digest, coalesce(bool_or(load.simulated), false) as simulated
from {parts} as part
join {samples} as sample on strftime(sample.slot_start, '%Y-%m') = part.part
left join {loads} as load using (batch_id)
where part.table_name = 'core.traffic_sample'
group by all
order by all
