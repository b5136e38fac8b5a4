-- one row per month whose sums are made in this pass
select period_start, from_at, until_at from profile_span where made order by period_start;
