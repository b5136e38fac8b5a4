-- one row per flag of the slots that were looked at closely
select s.flag::varchar as flag, count(*) as slots
from core.traffic_sample s
join suspect u on u.interface_key = s.interface_key and u.slot_minutes = s.slot_minutes and s.slot_start >= u.from_at and s.slot_start < u.until_at
group by s.flag
order by s.flag;
