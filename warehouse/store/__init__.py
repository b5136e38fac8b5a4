"""The database: open, lock, migrate, version rows, check the integrity of its file."""
