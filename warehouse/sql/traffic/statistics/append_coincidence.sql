-- adds the coincidence of each combination in a month
insert into core.coincidence_month
select combination_id, period_start, kappa, slots, $known_at, $version from made_coincidence order by all;
