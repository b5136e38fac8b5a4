-- Planned builds beside the cheapest plan with and without each.

-- one row per run, build_id
create table core.build_choice (
    run_id varchar not null,
    build_id varchar not null,
    segments varchar not null,
    verdict varchar not null,
    stated_on date not null,
    opens_on date,
    price_usd double,
    build_cost_usd double,
    orders_with_usd double not null,
    orders_without_usd double not null,
    lost_with_usd double,
    lost_without_usd double,
    earned_low_usd double,
    earned_usd double,
    earned_high_usd double,
    own_loss_usd double,
    net_usd double,
    proven boolean not null,
    reason varchar not null
);
comment on table core.build_choice is 'Every planned build beside the cheapest plan with it and the cheapest without: whether it pays, and when it would open. Present values. All runs.';
comment on column core.build_choice.run_id is 'the run that made the row';
comment on column core.build_choice.build_id is 'its projects, joined by +: those stated with the same dates are parts of one build';
comment on column core.build_choice.segments is 'the segments it brings, separated by ;';
comment on column core.build_choice.verdict is 'build (the cheapest plan opens it), never (it leaves it out), committed (under construction: comes as stated) or not_weighed (no price)';
comment on column core.build_choice.stated_on is 'when half of the paths have it, as stated [date]';
comment on column core.build_choice.opens_on is 'the same in the cheapest plan; empty where it leaves it out [date]';
comment on column core.build_choice.price_usd is 'today''s price of its lines; empty where none is stated [USD]';
comment on column core.build_choice.build_cost_usd is 'price less what is left of it at the end of the horizon [USD]';
comment on column core.build_choice.orders_with_usd is 'modules, leases and line systems of the segments that builds touch, in the cheapest plan with it (as stated, where it is left out) [USD]';
comment on column core.build_choice.orders_without_usd is 'the same without it [USD]';
comment on column core.build_choice.lost_with_usd is 'expected revenue of traffic that nothing carries, failures weighted by hours, with it; empty where no revenue is stated [USD]';
comment on column core.build_choice.lost_without_usd is 'the same without it [USD]';
comment on column core.build_choice.earned_low_usd is 'earned by traffic of its own less what incumbents of the same owner lose: 10 % lie below; empty where no market is stated [USD]';
comment on column core.build_choice.earned_usd is 'median [USD]';
comment on column core.build_choice.earned_high_usd is '10 % lie above [USD]';
comment on column core.build_choice.own_loss_usd is 'what incumbents of the same owner lose, taken off already: median [USD]';
comment on column core.build_choice.net_usd is 'cost of the cheapest plan without it less that of the one with it; above 0 it pays [USD]';
comment on column core.build_choice.proven is 'true where both plans are proven to be the cheapest';
comment on column core.build_choice.reason is 'why, for a reader who is no programmer';
