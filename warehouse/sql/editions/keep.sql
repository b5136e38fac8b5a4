insert into core.edition
select
    $run_id, coalesce(max(drawing), 0) + 1, $grain, $origin, $known_at, $drawn_by, $manifest_hash, $about
from core.edition
where run_id = $run_id
