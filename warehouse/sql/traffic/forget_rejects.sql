-- rejects of the file before
drop table if exists reject_errors;
