-- one row per part of a table of the edition: how many rows, and a hash of them in any order
select {part} as part, count(*) as row_count, bit_xor(hash({names}))::varchar as digest from {source} group by 1
