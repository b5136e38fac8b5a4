-- warning: A port of interfaces.csv has no samples at all, or none of the last 7 days that other ports have. Check its name in the sources and its aliases.
with heard as (
    select interface_key, max(last_slot) as last_slot from core.batch_extent group by interface_key
),
newest as (
    select max(last_slot) as last_slot from heard
)
select distinct port.interface_id, port.route_id, heard.last_slot
from mart.port_span as port
cross join newest
left join heard using (interface_key)
where port.from_at <= newest.last_slot and port.until_at > newest.last_slot
    and coalesce(heard.last_slot < newest.last_slot - interval 7 day, true)
order by all
