-- What the mean by weekday and hour is made from, so that a pass looks only at months that changed.
-- one row per port, month, weekday and hour
create table ops.profile_month (
    interface_key integer not null,
    period_start date not null,
    weekday tinyint not null,
    hour tinyint not null,
    sum_in_bps double,
    slots_in bigint not null,
    sum_out_bps double,
    slots_out bigint not null
);
comment on table ops.profile_month is 'Sums of valid slots by local weekday and hour, of whole months within the last 12, in line with the latest statistics pass.';
comment on column ops.profile_month.interface_key is 'the port, see core.interface_key';
comment on column ops.profile_month.period_start is 'first day of the month, cut in the pass''s time zone [date]';
comment on column ops.profile_month.weekday is '1 Monday ... 7 Sunday, local time of the port';
comment on column ops.profile_month.hour is 'local clock hour [h]';
comment on column ops.profile_month.sum_in_bps is 'sum of the rates in; empty: none [bit/s]';
comment on column ops.profile_month.slots_in is 'slots with a rate in';
comment on column ops.profile_month.sum_out_bps is 'sum of the rates out; empty: none [bit/s]';
comment on column ops.profile_month.slots_out is 'slots with a rate out';
