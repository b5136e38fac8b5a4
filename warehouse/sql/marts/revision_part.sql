-- one row per run, series_kind, series_id, direction, measure, target_start, step_seq
create view mart.revision_part as
select
    result.run_id, run.known_at, run.origin, run.grain as run_grain,
    result.series_kind, result.series_id, result.direction, result.measure, result.target_start, result.step_seq,
    result.step, result.value_before, result.value_after, result.change, result.unit, result.date_before,
    result.date_after, result.earlier_run_id, result.reason, result.reason_code, result.reason_values,
    result.series_kind <> 'country' and run.simulated as simulated,
    result.series_kind = 'segment' and coalesce(capacity.assumed, true) as assumed, run.latest
from core.revision_part as result
join mart.run_history as run using (run_id)
left join (
    select segment_id, bool_or(assumed) as assumed
    from mart.capacity
    group by segment_id
) as capacity on result.series_kind = 'segment' and capacity.segment_id = result.series_id;
comment on view mart.revision_part is 'Why each run''s medians, runout dates and days to order differ from the run before it, change by change, in all runs: the parts of a waterfall; they sum to the whole.';
comment on column mart.revision_part.run_id is 'the run that made the row; see run_history';
comment on column mart.revision_part.known_at is 'what was known by then went into the run [UTC]';
comment on column mart.revision_part.origin is 'first day of the last observed period of the run [date]';
comment on column mart.revision_part.run_grain is 'month, week, day or year: the grain of the run';
comment on column mart.revision_part.series_kind is 'route, market, corridor, total, country, or segment';
comment on column mart.revision_part.series_id is 'the route_id, market, corridor, ''total'', country, or segment_id';
comment on column mart.revision_part.direction is 'in or out of a route; az or za of a segment; both for the order, which serves both';
comment on column mart.revision_part.measure is 'mean_gbps or p95_gbps (median forecast), runout_days (policy date, half of the paths), hard_runout_days, order_by_days (last day to order), runout_probability_ratio (policy, by target_start)';
comment on column mart.revision_part.target_start is 'first day of the period forecast; empty for dates [date]';
comment on column mart.revision_part.step_seq is '1 to 4: the order in which the changes are exchanged';
comment on column mart.revision_part.step is 'history_revised, new_observations, model or assumptions';
comment on column mart.revision_part.value_before is 'the figure before the change; before the first: what the earlier run said; a date as days since 1970-01-01; empty where it is after the horizon [see unit]';
comment on column mart.revision_part.value_after is 'the figure after it; after the last: what this run says [see unit]';
comment on column mart.revision_part.change is 'after - before; empty where either is after the horizon [see unit]';
comment on column mart.revision_part.unit is 'Gbit/s, day or ratio';
comment on column mart.revision_part.date_before is 'value_before as a date, for dates [date]';
comment on column mart.revision_part.date_after is 'value_after as a date, for dates [date]';
comment on column mart.revision_part.earlier_run_id is 'the run it is compared with';
comment on column mart.revision_part.reason is 'what was exchanged in this step, for a reader who is no programmer';
comment on column mart.revision_part.reason_code is 'the code of reason in the catalogues of texts';
comment on column mart.revision_part.reason_values is 'what the text of reason names, as JSON';
comment on column mart.revision_part.simulated is 'true where made from simulated traffic; yearly bandwidth of countries is reported, never simulated';
comment on column mart.revision_part.assumed is 'true where a capacity behind the date is an assumption';
comment on column mart.revision_part.latest is 'true where the run speaks for its grain now';
