-- one row per port and time in which it is the same: what its slots are checked against
create or replace temp table port as
select *, speed_gbps * 1e9 as speed_bps from mart.port_span;
