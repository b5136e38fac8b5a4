-- keeps the parts of a file
insert into core.flow_part
select $source, $content_hash, interface, make_timestamptz(slot_s * 1000000), in_bits, out_bits from flow_given;
