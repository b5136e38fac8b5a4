-- how rows become slots, for the view over them
set variable slot_us = $value;
