insert into ops.edition
select coalesce(max(edition_seq), 0) + 1, $edition_id
from ops.edition;
