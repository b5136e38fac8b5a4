-- one row per month to be looked at
select distinct from_at, until_at from doubtful_span order by from_at;
