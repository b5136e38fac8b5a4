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
comment on view mart.project is 'A planned build with its uncertain date. As known now.';
comment on column mart.project.project_id is 'the project';
comment on column mart.project.name is 'English name';
comment on column mart.project.name_ru is 'Russian name';
comment on column mart.project.segment_id is 'the segment it brings';
comment on column mart.project.status is 'mou, planned, under_construction, in_service or stalled';
comment on column mart.project.ready_low is 'earliest [date]';
comment on column mart.project.ready_likely is 'most likely [date]';
comment on column mart.project.ready_high is 'latest [date]';
comment on column mart.project.assumed is 'true where the value is an assumption, not a fact';
comment on column mart.project.source is 'where the row comes from';
comment on column mart.project.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column mart.project.known_at is 'when this became known [UTC]';
