-- one row per good row of the file, in its order: port and slot as one number
select interface_key::bigint * 67108864 + ((at_us - $shift_us) + 1000000) // $slot_us as key from staged where problem is null;
