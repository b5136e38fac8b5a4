-- times of a file that has none: one slot after the other
update staged set at_us = $first_us + (rowid - (select min(rowid) from staged)) * $row_us;
