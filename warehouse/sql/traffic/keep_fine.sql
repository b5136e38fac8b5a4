-- keeps samples finer than a slot, so that a slot split over two files is averaged rightly
insert into core.fine_sample
select interface_key, sampled_at, in_bps, out_bps, $batch_id from fine_row order by interface_key, sampled_at;
