-- one row per port ever loaded, in the order of its key: the speed above which a slot may be flagged (the lowest it ever has)
select min(p.speed_bps) as speed_bps
from core.interface_key k left join port p using (interface_key)
group by k.interface_key
order by k.interface_key;
