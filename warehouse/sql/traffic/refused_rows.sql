-- one row per row that was refused
select rowid - (select min(rowid) from staged) as place, problem as reason from staged where problem is not null order by place;
