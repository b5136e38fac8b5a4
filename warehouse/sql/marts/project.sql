-- one row per project_id
create view mart.project as
with latest as (
    from core.project
    qualify row_number() over (partition by project_id order by known_at desc, correction desc) = 1
)
select
    project_id, name, name_ru, segment_id, status, ready_low, ready_likely, ready_high, assumed, source,
    confidence, known_at
from latest
where not withdrawn;
