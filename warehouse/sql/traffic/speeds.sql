-- one row per port ever loaded, in the order of its key: the speed above which a slot is flagged
select p.speed_bps from core.interface_key k left join port p using (interface_key) order by k.interface_key;
