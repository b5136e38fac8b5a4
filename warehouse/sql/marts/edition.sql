-- one row per run that speaks for its grain in this copy
create view mart.edition as
with copy as (
    select edition_id, edition_seq
    from ops.edition
    order by edition_seq desc
    limit 1
)
select
    copy.edition_id, copy.edition_seq, run.run_id, run.grain, run.origin, run.known_at, run.finished_at,
    run.code_version, run.data_hash, run.simulated
from mart.run_history as run
left join copy on true
where run.latest;
