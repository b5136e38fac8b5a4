-- one row per edition: its last drawing, the earliest edition first
from core.edition
qualify row_number() over (partition by run_id order by drawing desc) = 1
order by origin, known_at, run_id
