-- Three schemas and the network as it was known at any time. Nothing here is ever updated or deleted.
create schema if not exists core;
create schema if not exists ops;
create schema if not exists mart;

-- one row per node_id and time it became known
create table core.node (
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
comment on table core.node is 'A city, landing station or border crossing. Every version ever known; mart has the latest.';
comment on column core.node.node_id is 'the node';
comment on column core.node.name is 'English name';
comment on column core.node.name_ru is 'Russian name';
comment on column core.node.country is 'ISO 3166 alpha-2; ZZ: unknown';
comment on column core.node.lat is 'latitude, WGS 84; empty: unknown [degree]';
comment on column core.node.lon is 'longitude, WGS 84; empty: unknown [degree]';
comment on column core.node.kind is 'city_pop, landing_station, border_crossing or external_hub';
comment on column core.node.source is 'where the row comes from';
comment on column core.node.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column core.node.known_at is 'when this became known [UTC]';
comment on column core.node.correction is '0, or n for the n-th correction stated with the same known_at; the highest holds';
comment on column core.node.withdrawn is 'true where the row says that the item is no longer there';

-- one row per segment_id and time it became known
create table core.segment (
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
comment on table core.segment is 'One physical line between two nodes. Every version ever known; mart has the latest.';
comment on column core.segment.segment_id is 'the segment';
comment on column core.segment.a_node is 'one end';
comment on column core.segment.z_node is 'the other end';
comment on column core.segment.length_km is 'length of the line [km]';
comment on column core.segment.status is 'in_service, under_construction, planned, mou or unknown';
comment on column core.segment.operators is 'who owns or runs it';
comment on column core.segment.in_service_from is 'first day in service; empty: always was [date]';
comment on column core.segment.assumed is 'true where the value is an assumption, not a fact';
comment on column core.segment.source is 'where the row comes from';
comment on column core.segment.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column core.segment.known_at is 'when this became known [UTC]';
comment on column core.segment.correction is '0, or n for the n-th correction stated with the same known_at; the highest holds';
comment on column core.segment.withdrawn is 'true where the row says that the item is no longer there';

-- one row per segment_id, valid_from and time it became known
create table core.capacity (
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
comment on table core.capacity is 'Capacity of a segment from a date on, each direction. Every version ever known; mart has the latest.';
comment on column core.capacity.segment_id is 'the segment';
comment on column core.capacity.valid_from is 'first day it holds [date]';
comment on column core.capacity.lit_gbps is 'usable lit capacity, each direction [Gbit/s]';
comment on column core.capacity.design_gbps is 'capacity the line system was designed for [Gbit/s]';
comment on column core.capacity.assumed is 'true where the value is an assumption, not a fact';
comment on column core.capacity.source is 'where the row comes from';
comment on column core.capacity.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column core.capacity.known_at is 'when this became known [UTC]';
comment on column core.capacity.correction is '0, or n for the n-th correction stated with the same known_at; the highest holds';
comment on column core.capacity.withdrawn is 'true where the row says that the item is no longer there';

-- one row per route_id and time it became known
create table core.route (
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
comment on table core.route is 'An end-to-end transit service over ranked paths of segments. Every version ever known; mart has the latest.';
comment on column core.route.route_id is 'the route';
comment on column core.route.name is 'English name';
comment on column core.route.name_ru is 'Russian name';
comment on column core.route.a_node is 'the end its interfaces are measured at';
comment on column core.route.z_node is 'the far end';
comment on column core.route.market is 'country pair whose demand it carries, such as KZ-DE';
comment on column core.route.corridor is 'family of markets';
comment on column core.route.simulated is 'true where its traffic is simulated';
comment on column core.route.known_at is 'when this became known [UTC]';
comment on column core.route.correction is '0, or n for the n-th correction stated with the same known_at; the highest holds';
comment on column core.route.withdrawn is 'true where the row says that the item is no longer there';

-- one row per route_id, rank, seq and time it became known
create table core.route_path (
    route_id varchar not null,
    rank bigint not null,
    seq bigint not null,
    segment_id varchar not null,
    share_ratio double,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null
);
comment on table core.route_path is 'The segments of each path of a route, rank 1 first. Every version ever known; mart has the latest.';
comment on column core.route_path.route_id is 'the route';
comment on column core.route_path.rank is '1 is the primary path';
comment on column core.route_path.seq is 'position along the path, from a_node';
comment on column core.route_path.segment_id is 'the segment';
comment on column core.route_path.share_ratio is 'share this path carries while every path is up; empty on all: rank 1 carries it [0-1]';
comment on column core.route_path.known_at is 'when this became known [UTC]';
comment on column core.route_path.correction is '0, or n for the n-th correction stated with the same known_at; the highest holds';
comment on column core.route_path.withdrawn is 'true where the row says that the item is no longer there';

-- one row per risk_group_id, segment_id and time it became known
create table core.risk_group (
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
comment on table core.risk_group is 'Segments that fail together. Every version ever known; mart has the latest.';
comment on column core.risk_group.risk_group_id is 'the group';
comment on column core.risk_group.kind is 'trench, crossing, country or operator';
comment on column core.risk_group.name is 'what they share';
comment on column core.risk_group.segment_id is 'a member';
comment on column core.risk_group.assumed is 'true where the value is an assumption, not a fact';
comment on column core.risk_group.source is 'where the row comes from';
comment on column core.risk_group.known_at is 'when this became known [UTC]';
comment on column core.risk_group.correction is '0, or n for the n-th correction stated with the same known_at; the highest holds';
comment on column core.risk_group.withdrawn is 'true where the row says that the item is no longer there';

-- one row per interface_id and time it became known
create table core.interface (
    interface_id varchar not null,
    route_id varchar not null,
    speed_gbps double,
    time_zone varchar not null,
    priority bigint not null,
    aliases varchar,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null
);
comment on table core.interface is 'A measured port that carries a route, at the route''s a_node. Every version ever known; mart has the latest.';
comment on column core.interface.interface_id is 'the port';
comment on column core.interface.route_id is 'the route it carries';
comment on column core.interface.speed_gbps is 'recorded port speed [Gbit/s]';
comment on column core.interface.time_zone is 'IANA zone of the busy hour';
comment on column core.interface.priority is '1 wins where two ports measure the same route slot';
comment on column core.interface.aliases is 'other names in sources, separated by ;';
comment on column core.interface.known_at is 'when this became known [UTC]';
comment on column core.interface.correction is '0, or n for the n-th correction stated with the same known_at; the highest holds';
comment on column core.interface.withdrawn is 'true where the row says that the item is no longer there';

-- one row per project_id and time it became known
create table core.project (
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
comment on table core.project is 'A planned build with its uncertain date. Every version ever known; mart has the latest.';
comment on column core.project.project_id is 'the project';
comment on column core.project.name is 'English name';
comment on column core.project.name_ru is 'Russian name';
comment on column core.project.segment_id is 'the segment it brings';
comment on column core.project.status is 'mou, planned, under_construction, in_service or stalled';
comment on column core.project.ready_low is 'earliest [date]';
comment on column core.project.ready_likely is 'most likely [date]';
comment on column core.project.ready_high is 'latest [date]';
comment on column core.project.assumed is 'true where the value is an assumption, not a fact';
comment on column core.project.source is 'where the row comes from';
comment on column core.project.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column core.project.known_at is 'when this became known [UTC]';
comment on column core.project.correction is '0, or n for the n-th correction stated with the same known_at; the highest holds';
comment on column core.project.withdrawn is 'true where the row says that the item is no longer there';

-- one row per event_id and time it became known
create table core.event (
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
comment on table core.event is 'Something dated that changed traffic. Every version ever known; mart has the latest.';
comment on column core.event.event_id is 'the event';
comment on column core.event.start_at is 'when it began [UTC]';
comment on column core.event.end_at is 'when it ended; empty: one-off or open [UTC]';
comment on column core.event.kind is 'cut, shutdown, level_shift, migration, maintenance, regulation, price or other';
comment on column core.event.scope_kind is 'route, segment, interface, country or all';
comment on column core.event.scope_id is 'what it touched; '''' for all';
comment on column core.event.effect is 'what was seen';
comment on column core.event.simulated is 'true where it exists only in simulated traffic';
comment on column core.event.source is 'where the row comes from';
comment on column core.event.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column core.event.known_at is 'when this became known [UTC]';
comment on column core.event.correction is '0, or n for the n-th correction stated with the same known_at; the highest holds';
comment on column core.event.withdrawn is 'true where the row says that the item is no longer there';

-- one row per assumption_id and time it became known
create table core.assumption (
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
comment on table core.assumption is 'A number a plan needs and nobody measured. Every version ever known; mart has the latest.';
comment on column core.assumption.assumption_id is 'the assumption';
comment on column core.assumption.name is 'what is assumed, such as lead_time';
comment on column core.assumption.scope is 'all, segment:ID, route:ID, market:ID, project:ID, module:GBPS, option:NAME';
comment on column core.assumption.low is 'low end (P10) [see unit]';
comment on column core.assumption.value is 'most likely [see unit]';
comment on column core.assumption.high is 'high end (P90) [see unit]';
comment on column core.assumption.unit is 'its unit';
comment on column core.assumption.source is 'where the row comes from';
comment on column core.assumption.author is 'who stands for it';
comment on column core.assumption.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column core.assumption.known_at is 'when this became known [UTC]';
comment on column core.assumption.correction is '0, or n for the n-th correction stated with the same known_at; the highest holds';
comment on column core.assumption.withdrawn is 'true where the row says that the item is no longer there';

-- one row per country, year, source_kind and time it became known
create table core.international_bandwidth (
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
comment on table core.international_bandwidth is 'International Internet bandwidth of a country in a year. Every version ever known; mart has the latest.';
comment on column core.international_bandwidth.country is 'ISO 3166 alpha-2';
comment on column core.international_bandwidth.year is 'calendar year [year]';
comment on column core.international_bandwidth.gbps is 'bandwidth in use or equipped, as reported [Gbit/s]';
comment on column core.international_bandwidth.source_kind is 'derived (per inhabitant x population) or direct';
comment on column core.international_bandwidth.source is 'where the row comes from';
comment on column core.international_bandwidth.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column core.international_bandwidth.known_at is 'when this became known [UTC]';
comment on column core.international_bandwidth.correction is '0, or n for the n-th correction stated with the same known_at; the highest holds';
comment on column core.international_bandwidth.withdrawn is 'true where the row says that the item is no longer there';
