-- one row per port whose polls usually stand further apart than a 32-bit counter takes to go round at the port's speed
select i.interface_id, median(seconds) as poll_s, any_value(4294967296 * 8 / p.speed_bps) as wrap_s
from (
    select interface_key, epoch(read_at) - epoch(lag(read_at) over (partition by interface_key order by read_at)) as seconds
    from fresh_reading
) r
join (select interface_key, max(speed_bps) as speed_bps from port group by interface_key) p using (interface_key)
join core.interface_key i using (interface_key)
where seconds is not null and p.speed_bps > 0
group by i.interface_id
having median(seconds) > any_value(4294967296 * 8 / p.speed_bps)
order by i.interface_id;
