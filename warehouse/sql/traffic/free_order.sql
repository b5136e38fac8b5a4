-- rows may be written in any order
set preserve_insertion_order = false;
