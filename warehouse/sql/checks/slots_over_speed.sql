-- warning: Slots of the last 35 days of samples are above the speed of their port, or taken for outliers. Check speed_gbps in interfaces.csv, with valid_from where it changed.
select
    interface_key.interface_id, sample.flag::varchar as flag, count(*) as slots,
    max(greatest(coalesce(sample.in_bps, 0), coalesce(sample.out_bps, 0))) / 1e9 as highest_gbps,
    any_value(port.speed_gbps) as speed_gbps
from core.traffic_sample as sample
join core.interface_key as interface_key using (interface_key)
left join mart.port_span as port
    on port.interface_key = sample.interface_key
    and sample.slot_start >= port.from_at and sample.slot_start < port.until_at
where sample.flag in ('over_speed', 'outlier')
    and sample.slot_start >= (select max(last_slot) - interval 35 day from core.batch_extent)
group by all
order by all
