-- one row per slot that new readings change, as made from counters
create or replace temp table counter_slot as
select m.interface_key, m.slot_us, m.in_bps, m.out_bps, m.flag::core.slot_flag as flag, m.measured_ratio
from made_slot m join counter_span s on s.interface_key = m.interface_key and m.slot_us >= s.lo_us and m.slot_us < s.hi_us;

create or replace temp view batch_slot as
select interface_key, slot_us, in_bps, out_bps, 1 as file_rows, 1 as used_rows, false as contradicts from counter_slot;
