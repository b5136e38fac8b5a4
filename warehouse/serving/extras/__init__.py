"""Optional ways to serve: a DuckLake that many machines share, and a read-only SQL endpoint."""
