-- one row per snapshot that may be forgotten: older than that, and not the newest of its project or of all
select snapshot_id from lake.snapshots()
where snapshot_time < $keep_since
qualify snapshot_id < max(snapshot_id) over () and (author is null or snapshot_id < max(snapshot_id) over (partition by author))
order by 1
