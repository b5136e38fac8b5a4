insert into core.edition_frame values ($content_hash, $frame, $content) on conflict do nothing
