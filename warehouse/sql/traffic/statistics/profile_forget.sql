-- sums that no longer hold, or of months that are no longer among the last 12
delete from ops.profile_sum where period_start not in (select period_start from profile_span where kept and not made);
