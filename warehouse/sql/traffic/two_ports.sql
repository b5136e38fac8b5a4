-- flags the slots of a route that a port of higher priority measured as well
update core.traffic_sample s
set flag = 'duplicate_source'
from port loser, port winner, core.traffic_sample better
where loser.interface_key = s.interface_key and winner.route_id = loser.route_id
    and (winner.priority, winner.interface_key) < (loser.priority, loser.interface_key)
    and better.interface_key = winner.interface_key and better.slot_start = s.slot_start and better.slot_minutes = s.slot_minutes
    and better.flag in ('ok', 'over_speed', 'censored')
    and s.flag in ('ok', 'over_speed', 'censored', 'estimated')
    and (s.batch_id = $batch_id or better.batch_id = $batch_id);
