-- The table of the lake that {source} goes to, empty where it is new.
create table if not exists {target} as from {source} limit 0
