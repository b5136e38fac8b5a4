-- times of a file that has none: one row after the other
update staged set at_us = epoch_us($first::timestamptz) + (rowid - (select min(rowid) from staged)) * $row_us;
