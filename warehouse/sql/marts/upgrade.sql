-- one row per segment_id, order_seq
create view mart.upgrade as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.order_seq, result.option, result.module_gbps, result.modules, result.ready_by,
    result.cost_usd, result.present_value_usd, result.funded, result.priority, result.risk_if_not_ratio,
    result.reason, result.reason_code, result.reason_values,
    run.simulated, coalesce(capacity.assumed, true) as assumed
from core.upgrade as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
comment on view mart.upgrade is 'The cheapest mix of orders and what the budget buys of it, latest runs.';
comment on column mart.upgrade.run_id is 'the run that made the row; see run_history';
comment on column mart.upgrade.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.upgrade.origin is 'first day of the last observed period of the run [date]';
comment on column mart.upgrade.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.upgrade.segment_id is 'the segment';
comment on column mart.upgrade.order_seq is '1 is the first';
comment on column mart.upgrade.option is 'new_wave, new_line_system, new_segment or leased';
comment on column mart.upgrade.module_gbps is 'size of a module [Gbit/s]';
comment on column mart.upgrade.modules is 'how many';
comment on column mart.upgrade.ready_by is 'in service from this period [date]';
comment on column mart.upgrade.cost_usd is 'price when bought, eroded from today''s [USD]';
comment on column mart.upgrade.present_value_usd is 'discounted to the planning date [USD]';
comment on column mart.upgrade.funded is 'true where the budget reaches; true throughout without a budget';
comment on column mart.upgrade.priority is '1 is bought first';
comment on column mart.upgrade.risk_if_not_ratio is 'probability of running out within the horizon without it [0-1]';
comment on column mart.upgrade.reason is 'why, for a reader who is no programmer';
comment on column mart.upgrade.reason_code is 'the code of reason in the catalogues of texts';
comment on column mart.upgrade.reason_values is 'what the text of reason names, as JSON';
comment on column mart.upgrade.simulated is 'true where made from simulated traffic';
comment on column mart.upgrade.assumed is 'true where a capacity of the segment is an assumption, not a fact';
