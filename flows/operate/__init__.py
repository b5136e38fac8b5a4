"""Keeping it running: schedule, watch, notices, backups, checks of what was published."""
