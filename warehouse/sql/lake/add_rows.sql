-- The rows of the parts named.
insert into {target} by name from {source} where {part} in (select unnest($keys))
