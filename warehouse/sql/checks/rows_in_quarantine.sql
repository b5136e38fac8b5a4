-- warning: Rows of files could not be read. Fix the file or its column map, and load it again.
select file_name, reason, count(*) as rows, min(line) as first_line
from mart.quarantine
group by file_name, reason
order by all
