-- one row: how many rows the file had and how many were refused
select count(*) as rows, count(problem) as refused from staged;
