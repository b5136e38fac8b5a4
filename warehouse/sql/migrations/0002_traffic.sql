-- What was measured: files read, samples, what could not be read, and the statistics made from samples.
create schema if not exists core;

create type core.slot_flag as enum (
    'ok', 'gap', 'reset', 'over_speed', 'maintenance', 'duplicate_source', 'estimated', 'outlier', 'censored'
);

-- one row per flag: the only place that says which slots count in which statistic
create table core.slot_rule (
    flag core.slot_flag primary key,
    in_mean boolean not null,
    in_p95 boolean not null,
    meaning varchar not null
);
comment on table core.slot_rule is 'Which flag counts in which statistic.';
comment on column core.slot_rule.flag is 'the flag of a slot';
comment on column core.slot_rule.in_mean is 'true where the slot counts in the mean';
comment on column core.slot_rule.in_p95 is 'true where the slot counts in p95, peak and coincidence';
comment on column core.slot_rule.meaning is 'when a slot gets the flag';
insert into core.slot_rule values
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
create table core.interface_key (
    interface_key integer primary key,
    interface_id varchar not null unique
);
comment on table core.interface_key is 'Short keys of the ports, so that a sample stays small.';
comment on column core.interface_key.interface_key is 'the key used by samples';
comment on column core.interface_key.interface_id is 'the port';

-- one row per file and time it was loaded; rows_in = rows_loaded + rows_quarantined + rows_known always holds
create table core.load_batch (
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
comment on table core.load_batch is 'Every file loaded, with the sum that must balance.';
comment on column core.load_batch.batch_id is 'the load, counted upwards';
comment on column core.load_batch.source is 'name of the source in the settings';
comment on column core.load_batch.priority is '1 wins where two sources measure the same slot of a port';
comment on column core.load_batch.file_name is 'the file, as it was named';
comment on column core.load_batch.content_hash is 'SHA-256 of the file';
comment on column core.load_batch.spec_hash is 'SHA-256 of the settings it was read with';
comment on column core.load_batch.file_bytes is 'size of the file [byte]';
comment on column core.load_batch.rows_in is 'data rows of the file';
comment on column core.load_batch.rows_loaded is 'rows that brought something new';
comment on column core.load_batch.rows_quarantined is 'rows that could not be read';
comment on column core.load_batch.rows_known is 'rows that said what was known already';
comment on column core.load_batch.slots_new is 'slots that had no value before';
comment on column core.load_batch.slots_changed is 'slots whose value was corrected';
comment on column core.load_batch.slot_minutes is 'slot length of the samples made; empty: none or several [minute]';
comment on column core.load_batch.first_slot is 'start of the earliest slot [UTC]';
comment on column core.load_batch.last_slot is 'start of the latest slot [UTC]';
comment on column core.load_batch.flags is 'slots by flag, as JSON';
comment on column core.load_batch.notes is 'what a reader should know about the file, one remark a line';
comment on column core.load_batch.simulated is 'true where the source is a simulation';
comment on column core.load_batch.known_at is 'when this became known [UTC]';

-- one row per file load and interface
create table core.batch_extent (
    batch_id integer not null,
    interface_key integer not null,
    first_slot timestamp with time zone not null,
    last_slot timestamp with time zone not null,
    slots bigint not null,
    slot_minutes integer not null
);
comment on table core.batch_extent is 'Which ports and times a load touched.';
comment on column core.batch_extent.batch_id is 'the load';
comment on column core.batch_extent.interface_key is 'the port';
comment on column core.batch_extent.first_slot is 'start of the earliest slot touched [UTC]';
comment on column core.batch_extent.last_slot is 'start of the latest slot touched [UTC]';
comment on column core.batch_extent.slots is 'slots written';
comment on column core.batch_extent.slot_minutes is 'slot length [minute]';

-- one row per interface and slot, the latest known; in the order of interface and time within a load
create table core.traffic_sample (
    interface_key integer not null,
    slot_start timestamp with time zone not null,
    in_bps double,
    out_bps double,
    flag core.slot_flag not null,
    slot_minutes smallint not null,
    batch_id integer not null
);
comment on table core.traffic_sample is 'Mean rate over each slot, as known now.';
comment on column core.traffic_sample.interface_key is 'the port, see core.interface_key';
comment on column core.traffic_sample.slot_start is 'start of the slot [UTC]';
comment on column core.traffic_sample.in_bps is 'mean rate in, seen from the port''s node; empty: not measured [bit/s]';
comment on column core.traffic_sample.out_bps is 'mean rate out [bit/s]';
comment on column core.traffic_sample.flag is 'whether the slot can be trusted, see core.slot_rule';
comment on column core.traffic_sample.slot_minutes is 'length of the slot [minute]';
comment on column core.traffic_sample.batch_id is 'the load that brought it';

-- one row per interface, slot and value that no longer holds
create table core.traffic_sample_superseded (
    interface_key integer not null,
    slot_start timestamp with time zone not null,
    in_bps double,
    out_bps double,
    flag core.slot_flag not null,
    slot_minutes smallint not null,
    batch_id integer not null,
    superseded_by integer not null
);
comment on table core.traffic_sample_superseded is 'Earlier values of slots that were corrected or completed, and values of sources that lost.';
comment on column core.traffic_sample_superseded.interface_key is 'the port, see core.interface_key';
comment on column core.traffic_sample_superseded.slot_start is 'start of the slot [UTC]';
comment on column core.traffic_sample_superseded.in_bps is 'mean rate in [bit/s]';
comment on column core.traffic_sample_superseded.out_bps is 'mean rate out [bit/s]';
comment on column core.traffic_sample_superseded.flag is 'the flag it had; duplicate_source where it never held';
comment on column core.traffic_sample_superseded.slot_minutes is 'length of the slot [minute]';
comment on column core.traffic_sample_superseded.batch_id is 'the load that brought it';
comment on column core.traffic_sample_superseded.superseded_by is 'the load whose value holds instead';

-- one row per interface and instant of a source finer than a slot
create table core.fine_sample (
    interface_key integer not null,
    sampled_at timestamp with time zone not null,
    in_bps double,
    out_bps double,
    batch_id integer not null
);
comment on table core.fine_sample is 'Samples finer than a slot, kept so that a slot split over two files is averaged rightly.';
comment on column core.fine_sample.interface_key is 'the port, see core.interface_key';
comment on column core.fine_sample.sampled_at is 'start of the sample [UTC]';
comment on column core.fine_sample.in_bps is 'rate in [bit/s]';
comment on column core.fine_sample.out_bps is 'rate out [bit/s]';
comment on column core.fine_sample.batch_id is 'the load that brought it';

-- one row per interface and poll of its counters
create table core.counter_reading (
    interface_key integer not null,
    read_at timestamp with time zone not null,
    in_octets uhugeint,
    out_octets uhugeint,
    counter_bits smallint not null,
    discontinuity varchar,
    uptime_s double,
    batch_id integer not null
);
comment on table core.counter_reading is 'Octet counters as polled; rates are made between neighbouring readings, whatever file they came in.';
comment on column core.counter_reading.interface_key is 'the port, see core.interface_key';
comment on column core.counter_reading.read_at is 'time of the poll [UTC]';
comment on column core.counter_reading.in_octets is 'octets received since the counter began [octet]';
comment on column core.counter_reading.out_octets is 'octets sent since the counter began [octet]';
comment on column core.counter_reading.counter_bits is 'width of the counter, 32 or 64 [bit]';
comment on column core.counter_reading.discontinuity is 'the device''s mark of a restart (ifCounterDiscontinuityTime); empty: not given';
comment on column core.counter_reading.uptime_s is 'time since the device started; empty: not given [second]';
comment on column core.counter_reading.batch_id is 'the load that brought it';

-- one row per row of a file that could not be read
create table core.quarantine (
    batch_id integer not null,
    content_hash varchar not null,
    source varchar not null,
    file_name varchar not null,
    line bigint not null,
    row_text varchar not null,
    reason varchar not null,
    resolved_by integer
);
comment on table core.quarantine is 'Rows that could not be read, as they were.';
comment on column core.quarantine.batch_id is 'the load that met it';
comment on column core.quarantine.content_hash is 'SHA-256 of the file';
comment on column core.quarantine.source is 'name of the source in the settings';
comment on column core.quarantine.file_name is 'the file';
comment on column core.quarantine.line is 'line of a text file, row number of others, from 1';
comment on column core.quarantine.row_text is 'the row as it was';
comment on column core.quarantine.reason is 'why it was not loaded';
comment on column core.quarantine.resolved_by is 'the later load that could read it; empty: still here';

-- one row per grain, series, direction, statistic, period and time it became known
create table core.traffic_period (
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
    version integer not null
);
comment on table core.traffic_period is 'A series'' traffic in a period. Every version ever known; mart has the latest.';
comment on column core.traffic_period.grain is 'month, week, day or year';
comment on column core.traffic_period.series_kind is 'route, market, corridor or total';
comment on column core.traffic_period.series_id is 'the route_id, market, corridor, or ''total''';
comment on column core.traffic_period.direction is 'in or out, seen from the route''s a_node';
comment on column core.traffic_period.statistic is 'mean or p95 of the period''s valid slots';
comment on column core.traffic_period.period_start is 'first day of the period [date]';
comment on column core.traffic_period.value_gbps is 'the statistic; empty where coverage is too low [Gbit/s]';
comment on column core.traffic_period.coverage_ratio is 'valid slots / expected slots [0-1]';
comment on column core.traffic_period.censored_ratio is 'share of valid slots pinned at a cap [0-1]';
comment on column core.traffic_period.slot_minutes is 'slot length the statistic was made from [minute]';
comment on column core.traffic_period.simulated is 'true where made from simulated samples';
comment on column core.traffic_period.reason is 'why there is no value';
comment on column core.traffic_period.time_zone is 'IANA zone in which periods were cut';
comment on column core.traffic_period.known_at is 'when this became known [UTC]';
comment on column core.traffic_period.version is 'number of the statistics pass; the highest holds';

-- one row per grain, route, direction, period and statistics pass
create table core.traffic_peak (
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
comment on table core.traffic_peak is 'Peak and busy hour of a route in a period. Every version ever known; mart has the latest.';
comment on column core.traffic_peak.grain is 'month, week, day or year';
comment on column core.traffic_peak.route_id is 'the route';
comment on column core.traffic_peak.direction is 'in or out, seen from the route''s a_node';
comment on column core.traffic_peak.period_start is 'first day of the period [date]';
comment on column core.traffic_peak.peak_gbps is 'the highest valid slot [Gbit/s]';
comment on column core.traffic_peak.peak_at is 'start of that slot, the first if several [UTC]';
comment on column core.traffic_peak.busy_hour is 'clock hour with the highest mean, local time of the port [h]';
comment on column core.traffic_peak.busy_hour_mean_gbps is 'mean of the valid slots of that clock hour [Gbit/s]';
comment on column core.traffic_peak.peak_to_mean_ratio is 'peak / mean; empty where the mean is 0 [ratio]';
comment on column core.traffic_peak.time_zone is 'IANA zone of the clock hour';
comment on column core.traffic_peak.known_at is 'when this became known [UTC]';
comment on column core.traffic_peak.version is 'number of the statistics pass; the highest holds';

-- one row per combination and month: the history of its coincidence
create table core.coincidence_month (
    combination_id varchar not null,
    period_start date not null,
    kappa double not null,
    slots bigint not null,
    known_at timestamp with time zone not null,
    version integer not null
);
comment on table core.coincidence_month is 'How far the peaks of a combination of routes coincided in a month. Every version ever known.';
comment on column core.coincidence_month.combination_id is 'the members, ''route_id:direction'' sorted and joined by +';
comment on column core.coincidence_month.period_start is 'first day of the month [date]';
comment on column core.coincidence_month.kappa is 'p95(sum) / sum(p95) on slots valid in all members [ratio]';
comment on column core.coincidence_month.slots is 'slots valid in all members';
comment on column core.coincidence_month.known_at is 'when this became known [UTC]';
comment on column core.coincidence_month.version is 'number of the statistics pass; the highest holds';

-- one row per route, direction, weekday, hour and statistics pass
create table core.traffic_profile (
    route_id varchar not null,
    direction varchar not null,
    weekday bigint not null,
    hour bigint not null,
    mean_gbps double not null,
    known_at timestamp with time zone not null,
    version integer not null
);
comment on table core.traffic_profile is 'Mean traffic by local hour and weekday over the last 12 months. Every version ever known; mart has the latest.';
comment on column core.traffic_profile.route_id is 'the route';
comment on column core.traffic_profile.direction is 'in or out, seen from the route''s a_node';
comment on column core.traffic_profile.weekday is '1 Monday ... 7 Sunday, local time of the port';
comment on column core.traffic_profile.hour is 'local clock hour [h]';
comment on column core.traffic_profile.mean_gbps is 'mean of valid slots [Gbit/s]';
comment on column core.traffic_profile.known_at is 'when this became known [UTC]';
comment on column core.traffic_profile.version is 'number of the statistics pass; the highest holds';

-- one row per statistics pass
create table core.statistics_pass (
    version integer primary key,
    grains varchar not null,
    time_zone varchar not null,
    min_coverage_ratio double not null,
    network_hash varchar not null,
    last_batch_id integer not null,
    today timestamp with time zone not null,
    known_at timestamp with time zone not null
);
comment on table core.statistics_pass is 'Passes over the samples, each covering the loads up to one.';
comment on column core.statistics_pass.version is 'number of the pass';
comment on column core.statistics_pass.grains is 'grains made, separated by commas';
comment on column core.statistics_pass.time_zone is 'IANA zone in which periods were cut';
comment on column core.statistics_pass.min_coverage_ratio is 'coverage below which no value is published [0-1]';
comment on column core.statistics_pass.network_hash is 'SHA-256 of the routes, their groups and ports at that time';
comment on column core.statistics_pass.last_batch_id is 'the last load it covers';
comment on column core.statistics_pass.today is 'a period that was not over by then has no value [UTC]';
comment on column core.statistics_pass.known_at is 'when this became known [UTC]';
