-- one row per subject, item
create view mart.money_figure as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.subject, result.item, result.low_value, result.likely_value, result.high_value, result.unit,
    result.basis, result.basis_code, result.basis_values, result.assumption_ids, result.reason, result.reason_code, result.reason_values,
    run.simulated, true as assumed
from core.money_figure as result
join mart.run_history as run using (run_id)
where run.latest;
comment on view mart.money_figure is 'Sums of money and break-evens with their ranges, latest runs.';
comment on column mart.money_figure.run_id is 'the run that made the row; see run_history';
comment on column mart.money_figure.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.money_figure.origin is 'first day of the last observed period of the run [date]';
comment on column mart.money_figure.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.money_figure.subject is 'what it is about: segment:ID, order:SEGMENT/SEQ, route:ID, module:GBPS';
comment on column mart.money_figure.item is 'iru_present_value, lease_present_value, break_even_erosion, deferral_value, revenue_at_risk, cost_of_waiting, ...';
comment on column mart.money_figure.low_value is '10 % lie below [see unit]';
comment on column mart.money_figure.likely_value is 'median [see unit]';
comment on column mart.money_figure.high_value is '10 % lie above [see unit]';
comment on column mart.money_figure.unit is 'USD, USD/month, ratio/year';
comment on column mart.money_figure.basis is 'nominal or real, discount rate, price date';
comment on column mart.money_figure.basis_code is 'the code of basis in the catalogues of texts';
comment on column mart.money_figure.basis_values is 'what the text of basis names, as JSON';
comment on column mart.money_figure.assumption_ids is 'what it rests on, separated by ;';
comment on column mart.money_figure.reason is 'what it means, for a reader who is no programmer';
comment on column mart.money_figure.reason_code is 'the code of reason in the catalogues of texts';
comment on column mart.money_figure.reason_values is 'what the text of reason names, as JSON';
comment on column mart.money_figure.simulated is 'true where made from simulated traffic';
comment on column mart.money_figure.assumed is 'always true: prices and rates are assumptions';
