-- one row per line the reader could not split into columns
select line::bigint as line, any_value(coalesce(csv_line, '')) as row_text, any_value(error_type::varchar) as error_type, any_value(error_message) as error_message
from reject_errors
where trim(csv_line, chr(32) || chr(9) || chr(13) || chr(10) || '"') <> ''
group by line
order by line;
