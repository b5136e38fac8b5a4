-- one row per slot that finer samples touch: the part of it they measured
create or replace temp view measured_part as select interface_key, slot_us, measured_ratio from grouped_slot;
