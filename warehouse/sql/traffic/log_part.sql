-- the rows of one length, the oldest first
create or replace temp table staged as
select at_us, interface_key, in_bps, out_bps, problem from log_staged where seconds = $seconds order by at_us;
