-- Names in braces are quoted identifiers put in by warehouse/serving/extras/lake.py; a reader's view of a table of the lake, with its own types
drop table {schema}.{name} cascade;
create view {schema}.{name} as select {columns} from {target};
