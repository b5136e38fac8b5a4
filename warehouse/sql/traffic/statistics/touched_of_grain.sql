-- one row per period of a grain to be made again
select period_start, from_at, until_at, size from touched where grain = $grain order by period_start;
