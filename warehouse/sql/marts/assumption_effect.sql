-- one row per segment_id, assumption_id
create view mart.assumption_effect as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.assumption_id, result.name, result.order_by_low, result.order_by_base,
    result.order_by_high, result.swing_days, result.variance_share_ratio, result.effect_rank,
    run.simulated, coalesce(capacity.assumed, true) as assumed
from core.assumption_effect as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
comment on view mart.assumption_effect is 'Which assumption moves each order date most, latest runs.';
comment on column mart.assumption_effect.run_id is 'the run that made the row; see run_history';
comment on column mart.assumption_effect.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.assumption_effect.origin is 'first day of the last observed period of the run [date]';
comment on column mart.assumption_effect.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.assumption_effect.segment_id is 'the segment';
comment on column mart.assumption_effect.assumption_id is 'the assumption, or demand for the spread of the paths';
comment on column mart.assumption_effect.name is 'what it states';
comment on column mart.assumption_effect.order_by_low is 'last day to order with its low value [date]';
comment on column mart.assumption_effect.order_by_base is 'with its stated value [date]';
comment on column mart.assumption_effect.order_by_high is 'with its high value [date]';
comment on column mart.assumption_effect.swing_days is 'largest distance between the three [day]';
comment on column mart.assumption_effect.variance_share_ratio is 'share of the variance of the day to order [0-1]';
comment on column mart.assumption_effect.effect_rank is '1 matters most for this segment';
comment on column mart.assumption_effect.simulated is 'true where made from simulated traffic';
comment on column mart.assumption_effect.assumed is 'true where a capacity of the segment is an assumption, not a fact';
