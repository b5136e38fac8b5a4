insert into {parts} values ($table, $part, $row_count, $digest)
