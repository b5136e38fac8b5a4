-- A part that is gone or about to be written anew.
delete from {target} where {part} = $part
