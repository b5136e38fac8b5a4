-- the value that says that nothing was measured, for the slots made of rows; none where a zero is a value
set variable gap_value = $value::double;
