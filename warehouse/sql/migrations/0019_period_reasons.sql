-- Why a period has no value, as a code with values beside the English sentence.
alter table core.traffic_period add column reason_code varchar;
comment on column core.traffic_period.reason_code is 'the code of reason in the catalogues of texts';
alter table core.traffic_period add column reason_values varchar;
comment on column core.traffic_period.reason_values is 'what the text of reason names, as JSON';
