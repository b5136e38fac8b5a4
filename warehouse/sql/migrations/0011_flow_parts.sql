-- What each file of flow records brought to a slot: flows that outlast a file are summed over all of them.
create table core.flow_part (
    source varchar not null,
    content_hash varchar not null,
    interface_id varchar not null,
    slot_start timestamp with time zone not null,
    in_bits double not null,
    out_bits double not null
);
comment on table core.flow_part is 'Bits of a slot by the file of flow records they come from; a slot is the sum of its parts.';
comment on column core.flow_part.source is 'name of the source in the settings';
comment on column core.flow_part.content_hash is 'SHA-256 of the file';
comment on column core.flow_part.interface_id is 'the port, as the map of prefixes and AS numbers names it';
comment on column core.flow_part.slot_start is 'start of the slot [UTC]';
comment on column core.flow_part.in_bits is 'bits in, sampling rate applied [bit]';
comment on column core.flow_part.out_bits is 'bits out, sampling rate applied [bit]';
