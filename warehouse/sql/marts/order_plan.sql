-- one row per segment_id, order_seq
create view mart.order_plan as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.segment_id, result.order_seq, result.option, result.modules, result.module_gbps, result.order_by,
    result.ready_by, result.overdue_months, result.lead_time_low_months, result.lead_time_likely_months,
    result.lead_time_high_months, result.risk_alpha_ratio, result.p_late_now_ratio, result.failure_id,
    result.cost_usd, result.present_value_usd, result.reason, result.reason_code, result.reason_values,
    coalesce(capacity.assumed, true) as assumed, run.simulated
from core.order_plan as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity using (segment_id)
where run.latest;
comment on view mart.order_plan is 'What to order for each segment, by when, and why, latest runs.';
comment on column mart.order_plan.run_id is 'the run that made the row; see run_history';
comment on column mart.order_plan.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.order_plan.origin is 'first day of the last observed period of the run [date]';
comment on column mart.order_plan.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.order_plan.segment_id is 'the segment';
comment on column mart.order_plan.order_seq is '1 is the next order';
comment on column mart.order_plan.option is 'new_wave, new_line_system, new_segment or leased; none where no order is needed';
comment on column mart.order_plan.modules is 'modules to order';
comment on column mart.order_plan.module_gbps is 'size of a module [Gbit/s]';
comment on column mart.order_plan.order_by is 'last day at which P(late) <= risk; empty: no order within the horizon [date]';
comment on column mart.order_plan.ready_by is 'when it must carry traffic [date]';
comment on column mart.order_plan.overdue_months is 'how long ago order_by was; 0 where it is ahead [month]';
comment on column mart.order_plan.lead_time_low_months is 'P10 [month]';
comment on column mart.order_plan.lead_time_likely_months is 'most likely [month]';
comment on column mart.order_plan.lead_time_high_months is 'P90 [month]';
comment on column mart.order_plan.risk_alpha_ratio is 'accepted probability of being late [0-1]';
comment on column mart.order_plan.p_late_now_ratio is 'probability of being late if ordered today [0-1]';
comment on column mart.order_plan.failure_id is 'the failure it is sized for';
comment on column mart.order_plan.cost_usd is 'price today, where an assumption states one [USD]';
comment on column mart.order_plan.present_value_usd is 'discounted cost [USD]';
comment on column mart.order_plan.reason is 'why, for a reader who is no programmer';
comment on column mart.order_plan.reason_code is 'the code of reason in the catalogues of texts';
comment on column mart.order_plan.reason_values is 'what the text of reason names, as JSON';
comment on column mart.order_plan.assumed is 'true where the capacity it is compared with is assumed';
comment on column mart.order_plan.simulated is 'true where made from simulated traffic';
