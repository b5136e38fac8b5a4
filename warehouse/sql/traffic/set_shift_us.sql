-- how rows become slots, for the view over them
set variable shift_us = $value;
