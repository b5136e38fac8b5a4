-- one row: how many other values the file gave
select count(*) as contradictions from contradiction;
