-- Jobs that began before $before.
delete from ops.job where started_at < $before
