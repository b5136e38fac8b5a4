select content from core.edition_frame where content_hash = $content_hash
