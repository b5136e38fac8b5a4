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
