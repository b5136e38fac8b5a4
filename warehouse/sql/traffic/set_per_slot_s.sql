-- how rows become slots, for the view over them
set variable per_slot_s = $value;
