-- the rows of one length, the oldest first; before them the running means of the last poll, which are off the grid and give way
create or replace temp table staged as
select at_us, interface_key, in_bps, out_bps, problem from log_staged where seconds = $seconds order by at_us % 300000000 = 0, at_us;
