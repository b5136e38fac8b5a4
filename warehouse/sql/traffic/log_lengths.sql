-- one row per length of a mean
select distinct seconds from log_staged order by seconds;
