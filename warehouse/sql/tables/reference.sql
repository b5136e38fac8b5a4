-- Three schemas and the network as it was known at any time. Nothing here is ever updated or deleted.

-- one row per node_id and time it became known
create table if not exists core.node (
    node_id varchar not null,
    name varchar not null,
    name_ru varchar,
    country varchar not null,
    lat double,
    lon double,
    kind varchar not null,
    source varchar,
    confidence varchar,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null
);

-- one row per segment_id and time it became known
create table if not exists core.segment (
    segment_id varchar not null,
    a_node varchar not null,
    z_node varchar not null,
    length_km double,
    status varchar not null,
    operators varchar,
    in_service_from date,
    assumed boolean not null,
    source varchar,
    confidence varchar,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null
);

-- one row per segment_id, valid_from and time it became known
create table if not exists core.capacity (
    segment_id varchar not null,
    valid_from date not null,
    lit_gbps double not null,
    design_gbps double,
    assumed boolean not null,
    source varchar,
    confidence varchar,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null
);

-- one row per route_id and time it became known
create table if not exists core.route (
    route_id varchar not null,
    name varchar not null,
    name_ru varchar,
    a_node varchar not null,
    z_node varchar not null,
    market varchar not null,
    corridor varchar not null,
    simulated boolean not null,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null
);

-- one row per route_id, rank, seq and time it became known
create table if not exists core.route_path (
    route_id varchar not null,
    rank bigint not null,
    seq bigint not null,
    segment_id varchar not null,
    share_ratio double,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null
);

-- one row per risk_group_id, segment_id and time it became known
create table if not exists core.risk_group (
    risk_group_id varchar not null,
    kind varchar not null,
    name varchar,
    segment_id varchar not null,
    assumed boolean not null,
    source varchar,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null
);

-- one row per interface_id, valid_from and time it became known
create table if not exists core.interface (
    interface_id varchar not null,
    route_id varchar not null,
    speed_gbps double,
    time_zone varchar not null,
    priority bigint not null,
    aliases varchar,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null,
    valid_from date,
    bundle varchar
);

-- one row per project_id and time it became known
create table if not exists core.project (
    project_id varchar not null,
    name varchar not null,
    name_ru varchar,
    segment_id varchar not null,
    status varchar not null,
    ready_low date not null,
    ready_likely date not null,
    ready_high date not null,
    assumed boolean not null,
    source varchar,
    confidence varchar,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null
);

-- one row per event_id and time it became known
create table if not exists core.event (
    event_id varchar not null,
    start_at timestamp with time zone not null,
    end_at timestamp with time zone,
    kind varchar not null,
    scope_kind varchar not null,
    scope_id varchar not null,
    effect varchar not null,
    simulated boolean not null,
    source varchar,
    confidence varchar,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null
);

-- one row per assumption_id and time it became known
create table if not exists core.assumption (
    assumption_id varchar not null,
    name varchar not null,
    scope varchar not null,
    low double not null,
    value double not null,
    high double not null,
    unit varchar not null,
    source varchar,
    author varchar,
    confidence varchar,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null
);

-- one row per country, year, source_kind and time it became known
create table if not exists core.international_bandwidth (
    country varchar not null,
    year bigint not null,
    gbps double not null,
    source_kind varchar not null,
    source varchar,
    confidence varchar,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null
);
