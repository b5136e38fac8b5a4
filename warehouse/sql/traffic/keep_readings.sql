-- keeps the counters as polled
insert into core.counter_reading
select interface_key, read_at, in_octets::uhugeint, out_octets::uhugeint, $counter_bits, discontinuity, uptime_s, $batch_id
from fresh_reading
order by interface_key, read_at;
