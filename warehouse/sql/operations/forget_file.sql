-- A file that is about to be noted anew, or that is no longer settled.
delete from ops.file_seen where file_name = $file_name and spec_hash = $spec_hash
