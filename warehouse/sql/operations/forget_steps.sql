-- Steps that began before $before.
delete from ops.step where started_at < $before
