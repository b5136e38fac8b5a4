-- octets that passed between two readings, null where the counter restarted: a 64-bit counter never wraps, a 32-bit one
-- wrapped only if the rate that makes is possible on the port
create or replace temp macro octets_between(delta, counter_bits, seconds, speed_bps) as
    case
        when delta >= 0 then delta::double
        when counter_bits = 32 and (delta::double + 4294967296) * 8 / seconds <= 1.05 * speed_bps then delta::double + 4294967296
    end;
