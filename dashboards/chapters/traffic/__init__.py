"""Routes, corridors and countries: what was observed and what is expected."""
