-- one row: the start of the latest slot a source has brought
select max(last_slot) as known_until from core.load_batch where source = $source;
