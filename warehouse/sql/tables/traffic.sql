-- What was measured: files read, samples, what could not be read, and the statistics made from samples.

create type if not exists core.slot_flag as enum (
    'ok', 'gap', 'reset', 'over_speed', 'maintenance', 'duplicate_source', 'estimated', 'outlier', 'censored'
);

-- one row per flag: the only place that says which slots count in which statistic
create table if not exists core.slot_rule (
    flag core.slot_flag primary key,
    in_mean boolean not null,
    in_p95 boolean not null,
    meaning varchar not null
);
insert or ignore into core.slot_rule values
    ('ok', true, true, 'measured, nothing to object'),
    ('gap', false, false, 'the source has the slot and no value in it'),
    ('reset', false, false, 'a counter restarted within the slot'),
    ('over_speed', true, true, 'above the recorded port speed, which may be the wrong one'),
    ('maintenance', false, false, 'within a stated maintenance window'),
    ('duplicate_source', false, false, 'a port or source of higher priority measured the same route slot'),
    ('estimated', true, false, 'spread evenly from one reading over several slots'),
    ('outlier', false, false, 'an impossible spike'),
    ('censored', true, true, 'pinned at a cap: the demand above it is invisible');

-- one row per interface ever loaded: a short key for the samples
create table if not exists core.interface_key (
    interface_key integer primary key,
    interface_id varchar not null unique
);

-- one row per file and time it was loaded; rows_in = rows_loaded + rows_quarantined + rows_known always holds
create table if not exists core.load_batch (
    batch_id integer primary key,
    source varchar not null,
    priority integer not null,
    file_name varchar not null,
    content_hash varchar not null,
    spec_hash varchar not null,
    file_bytes bigint not null,
    rows_in bigint not null,
    rows_loaded bigint not null,
    rows_quarantined bigint not null,
    rows_known bigint not null,
    slots_new bigint not null,
    slots_changed bigint not null,
    slot_minutes integer,
    first_slot timestamp with time zone,
    last_slot timestamp with time zone,
    flags varchar not null,
    notes varchar not null,
    simulated boolean not null,
    known_at timestamp with time zone not null,
    check (rows_in = rows_loaded + rows_quarantined + rows_known)
);

-- one row per file load and interface
create table if not exists core.batch_extent (
    batch_id integer not null,
    interface_key integer not null,
    first_slot timestamp with time zone not null,
    last_slot timestamp with time zone not null,
    slots bigint not null,
    slot_minutes integer not null
);

-- one row per interface and slot, the latest known; in the order of interface and time within a load
create table if not exists core.traffic_sample (
    interface_key integer not null,
    slot_start timestamp with time zone not null,
    in_bps double,
    out_bps double,
    flag core.slot_flag not null,
    slot_minutes smallint not null,
    batch_id integer not null
);

-- one row per interface, slot and value that no longer holds
create table if not exists core.traffic_sample_superseded (
    interface_key integer not null,
    slot_start timestamp with time zone not null,
    in_bps double,
    out_bps double,
    flag core.slot_flag not null,
    slot_minutes smallint not null,
    batch_id integer not null,
    superseded_by integer not null
);

-- one row per interface and instant of a source finer than a slot
create table if not exists core.fine_sample (
    interface_key integer not null,
    sampled_at timestamp with time zone not null,
    in_bps double,
    out_bps double,
    batch_id integer not null
);

-- one row per interface, slot and load that left the slot partly measured, or completed it
create table if not exists core.partial_slot (
    interface_key integer not null,
    slot_start timestamp with time zone not null,
    slot_minutes smallint not null,
    measured_ratio double not null,
    batch_id integer not null
);

-- one row per interface and poll of its counters
create table if not exists core.counter_reading (
    interface_key integer not null,
    read_at timestamp with time zone not null,
    in_octets uhugeint,
    out_octets uhugeint,
    counter_bits smallint not null,
    discontinuity varchar,
    uptime_s double,
    batch_id integer not null
);

-- one row per row of a file that could not be read
create table if not exists core.quarantine (
    batch_id integer not null,
    content_hash varchar not null,
    source varchar not null,
    file_name varchar not null,
    line bigint not null,
    row_text varchar not null,
    reason varchar not null,
    resolved_by integer
);

-- one row per grain, series, direction, statistic, period and time it became known
create table if not exists core.traffic_period (
    grain varchar not null,
    series_kind varchar not null,
    series_id varchar not null,
    direction varchar not null,
    statistic varchar not null,
    period_start date not null,
    value_gbps double,
    coverage_ratio double not null,
    censored_ratio double not null,
    slot_minutes bigint not null,
    simulated boolean not null,
    reason varchar,
    time_zone varchar not null,
    known_at timestamp with time zone not null,
    version integer not null,
    reason_code varchar,
    reason_values varchar
);

-- one row per grain, route, direction, period and statistics pass
create table if not exists core.traffic_peak (
    grain varchar not null,
    route_id varchar not null,
    direction varchar not null,
    period_start date not null,
    peak_gbps double not null,
    peak_at timestamp with time zone not null,
    busy_hour bigint not null,
    busy_hour_mean_gbps double not null,
    peak_to_mean_ratio double,
    time_zone varchar not null,
    known_at timestamp with time zone not null,
    version integer not null
);

-- one row per combination and month: the history of its coincidence
create table if not exists core.coincidence_month (
    combination_id varchar not null,
    period_start date not null,
    kappa double not null,
    slots bigint not null,
    known_at timestamp with time zone not null,
    version integer not null
);

-- one row per route, direction, weekday, hour and statistics pass
create table if not exists core.traffic_profile (
    route_id varchar not null,
    direction varchar not null,
    weekday bigint not null,
    hour bigint not null,
    mean_gbps double not null,
    known_at timestamp with time zone not null,
    version integer not null
);

-- one row per statistics pass
create table if not exists core.statistics_pass (
    version integer primary key,
    grains varchar not null,
    time_zone varchar not null,
    min_coverage_ratio double not null,
    network_hash varchar not null,
    last_batch_id integer not null,
    today timestamp with time zone not null,
    known_at timestamp with time zone not null,
    ports_hash varchar
);

-- What each file of flow records brought to a slot: flows that outlast a file are summed over all of them.
create table if not exists core.flow_part (
    source varchar not null,
    content_hash varchar not null,
    interface_id varchar not null,
    slot_start timestamp with time zone not null,
    in_bits double not null,
    out_bits double not null
);

-- one row per file of traffic of which every row is settled: as long as it stays as it was, it need not be opened again
create table if not exists ops.file_seen (
    file_name varchar not null,
    spec_hash varchar not null,
    file_bytes bigint not null,
    changed_ns bigint not null,
    rows_in bigint not null
);

-- What the mean by weekday and hour is made from, so that a pass looks only at months that changed.
-- one row per port, month, weekday and hour
create table if not exists ops.profile_sum (
    route_id varchar not null,
    period_start date not null,
    weekday tinyint not null,
    hour tinyint not null,
    sum_in_bps double,
    slots_in bigint not null,
    sum_out_bps double,
    slots_out bigint not null
);
