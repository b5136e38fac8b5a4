-- one row: whether flags of slots may have been given by ports that were stated otherwise
select case
    when exists (from core.statistics_pass)
        then (select ports_hash from core.statistics_pass order by version desc limit 1) is distinct from $ports_hash
    else (select count(distinct known_at) > 1 from core.interface)
end as changed;
