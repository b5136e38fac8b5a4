-- one row per series and period that a pass over everything made
create or replace temp table made_series (grain varchar, series_kind varchar, series_id varchar, period_start date);
