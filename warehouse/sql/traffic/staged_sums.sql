-- one row: the time the good rows span, and whether their stamps lie on the grid of their own length
select
    make_timestamptz(min(at_us) - $shift_us) as first_at,
    make_timestamptz(max(at_us) - $shift_us) as last_at,
    coalesce(bool_and((at_us - $shift_us + 1000000) % $step_us <= 2000000), true) as aligned
from staged
where problem is null;
