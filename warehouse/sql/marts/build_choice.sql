-- one row per build_id
create view mart.build_choice as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.build_id, result.segments, result.verdict, result.stated_on, result.opens_on,
    result.price_usd, result.build_cost_usd, result.orders_with_usd, result.orders_without_usd,
    result.lost_with_usd, result.lost_without_usd, result.earned_low_usd, result.earned_usd, result.earned_high_usd,
    result.own_loss_usd, result.net_usd, result.proven, result.reason, result.reason_code, result.reason_values,
    run.simulated, true as assumed
from core.build_choice as result
join mart.run_history as run using (run_id)
where run.latest;
comment on view mart.build_choice is 'Whether each planned build pays and when it would open: the cheapest plan with it beside the cheapest without, latest runs.';
comment on column mart.build_choice.run_id is 'the run that made the row; see run_history';
comment on column mart.build_choice.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.build_choice.origin is 'first day of the last observed period of the run [date]';
comment on column mart.build_choice.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.build_choice.build_id is 'its projects, joined by +: those stated with the same dates are parts of one build';
comment on column mart.build_choice.segments is 'the segments it brings, separated by ;';
comment on column mart.build_choice.verdict is 'build (the cheapest plan opens it), never (it leaves it out), committed (under construction: comes as stated) or not_weighed (no price)';
comment on column mart.build_choice.stated_on is 'when half of the paths have it, as stated [date]';
comment on column mart.build_choice.opens_on is 'the same in the cheapest plan; empty where it leaves it out [date]';
comment on column mart.build_choice.price_usd is 'today''s price of its lines; empty where none is stated [USD]';
comment on column mart.build_choice.build_cost_usd is 'price less what is left of it at the end of the horizon [USD]';
comment on column mart.build_choice.orders_with_usd is 'modules, leases and line systems of the segments that builds touch, in the cheapest plan with it (as stated, where it is left out) [USD]';
comment on column mart.build_choice.orders_without_usd is 'the same without it [USD]';
comment on column mart.build_choice.lost_with_usd is 'expected revenue of traffic that nothing carries, failures weighted by hours, with it; empty where no revenue is stated [USD]';
comment on column mart.build_choice.lost_without_usd is 'the same without it [USD]';
comment on column mart.build_choice.earned_low_usd is 'earned by traffic of its own less what incumbents of the same owner lose: 10 % lie below; empty where no market is stated [USD]';
comment on column mart.build_choice.earned_usd is 'median [USD]';
comment on column mart.build_choice.earned_high_usd is '10 % lie above [USD]';
comment on column mart.build_choice.own_loss_usd is 'what incumbents of the same owner lose, taken off already: median [USD]';
comment on column mart.build_choice.net_usd is 'cost of the cheapest plan without it less that of the one with it; above 0 it pays [USD]';
comment on column mart.build_choice.proven is 'true where both plans are proven to be the cheapest';
comment on column mart.build_choice.reason is 'why, for a reader who is no programmer';
comment on column mart.build_choice.reason_code is 'the code of reason in the catalogues of texts';
comment on column mart.build_choice.reason_values is 'what the text of reason names, as JSON';
comment on column mart.build_choice.simulated is 'true where made from simulated traffic';
comment on column mart.build_choice.assumed is 'always true: prices and dates of builds are assumptions';
