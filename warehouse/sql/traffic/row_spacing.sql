-- one row: the usual distance between neighbouring stamps of a port
with some_port as (
    select distinct interface_key from (select interface_key from staged where problem is null limit 100000) limit 8
),
step as (
    select at_us - lag(at_us) over (partition by interface_key order by at_us) as step_us
    from (select distinct interface_key, at_us from staged semi join some_port using (interface_key) where problem is null)
)
select mode(step_us) as step_us from step where step_us >= 1000000;
