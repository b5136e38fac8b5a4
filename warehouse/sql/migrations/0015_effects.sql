-- one row per driver_id, scope_kind, scope_id, period_start and time it became known
create table core.driver (
    driver_id varchar not null,
    scope_kind varchar not null,
    scope_id varchar not null,
    period_start date not null,
    value double not null,
    unit varchar not null,
    assumed boolean not null,
    source varchar,
    confidence varchar,
    known_at timestamp with time zone not null,
    correction bigint not null,
    withdrawn boolean not null
);
comment on table core.driver is 'A quantity that moves traffic, known or assumed beyond the last measured period. Every version ever known; mart has the latest.';
comment on column core.driver.driver_id is 'the quantity, such as subscribers';
comment on column core.driver.scope_kind is 'route, country or all';
comment on column core.driver.scope_id is 'whose traffic it moves; '''' for all';
comment on column core.driver.period_start is 'the day the value holds for; between days its log is interpolated [date]';
comment on column core.driver.value is 'the quantity, above 0 [see unit]';
comment on column core.driver.unit is 'its unit';
comment on column core.driver.assumed is 'true where the value is an assumption, not a fact';
comment on column core.driver.source is 'where the row comes from';
comment on column core.driver.confidence is 'high, medium, low, or BG (background knowledge no source confirms)';
comment on column core.driver.known_at is 'when this became known [UTC]';
comment on column core.driver.correction is '0, or n for the n-th correction stated with the same known_at; the highest holds';
comment on column core.driver.withdrawn is 'true where the row says that the item is no longer there';

-- one row per run, series_kind, series_id, direction, statistic, grain, effect
create table core.forecast_effect (
    run_id varchar not null,
    series_kind varchar not null,
    series_id varchar not null,
    direction varchar not null,
    statistic varchar not null,
    grain varchar not null,
    effect varchar not null,
    kind varchar not null,
    measured_log double,
    error_log double,
    used_log double not null,
    decay_ratio double,
    verdict varchar not null
);
comment on table core.forecast_effect is 'What moving holidays, fading events and stated drivers did to a series. All runs.';
comment on column core.forecast_effect.run_id is 'the run that made the row';
comment on column core.forecast_effect.series_kind is 'route, market, corridor, total or country';
comment on column core.forecast_effect.series_id is 'the route_id, market, corridor, ''total'', or country (ISO 3166 alpha-2)';
comment on column core.forecast_effect.direction is 'in or out, seen from the route''s a_node';
comment on column core.forecast_effect.statistic is 'mean or p95 of the period''s valid slots';
comment on column core.forecast_effect.grain is 'month, week, day or year';
comment on column core.forecast_effect.effect is 'the days'' name, event:ID or driver:ID';
comment on column core.forecast_effect.kind is 'calendar, event or driver';
comment on column core.forecast_effect.measured_log is 'measured on this series: per whole period of such days, at the event''s start, or per unit of the driver''s log [log]';
comment on column core.forecast_effect.error_log is 'standard error of measured_log [log]';
comment on column core.forecast_effect.used_log is 'what the forecast uses, shrunk as far as noise explains it [log]';
comment on column core.forecast_effect.decay_ratio is 'share of an event''s effect left after one more period [ratio]';
comment on column core.forecast_effect.verdict is 'used, noise explains it, or why it could not be used';

comment on column core.event.kind is 'cut, shutdown, level_shift, migration, maintenance, regulation, price, surge or other';
