-- one row per port with slots of a load over its speed: their number, the highest rate and the lowest speed
select i.interface_id, count(*) as slots, max(greatest(coalesce(t.in_bps, 0), coalesce(t.out_bps, 0))) as highest_bps, min(p.speed_bps) as speed_bps
from core.traffic_sample t
join core.interface_key i using (interface_key)
join port p on p.interface_key = t.interface_key and t.slot_start >= p.from_at and t.slot_start < p.until_at
where t.batch_id = $batch_id and t.flag = 'over_speed'
group by i.interface_id
order by slots desc, i.interface_id;
