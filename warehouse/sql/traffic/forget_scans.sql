-- the list of files rejects belong to
drop table if exists reject_scans;
