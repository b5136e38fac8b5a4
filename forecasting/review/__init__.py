"""Past forecasts against observations, revisions between runs, and why a date is what it is."""
