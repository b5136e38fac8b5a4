-- back to what the warehouse was opened with
set preserve_insertion_order = false;
