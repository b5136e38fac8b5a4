-- one row per port and slot of a month that can be trusted there; what can't is a gap to others
copy (
    select name.interface_id, sample.slot_start as "time", sample.in_bps, sample.out_bps
    from {samples} as sample
    join {names} as name using (interface_key)
    join {rules} as rule on rule.flag::varchar = sample.flag::varchar
    where strftime(sample.slot_start, '%Y-%m') = {month} and sample.slot_minutes = {slot_minutes} and rule.in_mean
      and coalesce(sample.in_bps, sample.out_bps) is not null
    order by name.interface_id, sample.slot_start
) to {file} (format parquet, compression zstd)
