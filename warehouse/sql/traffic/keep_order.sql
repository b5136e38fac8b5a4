-- rows stay in the order of the file
set preserve_insertion_order = true;
