from mart.forecast_as_of(timestamptz '2025-02-28 00:00:00+00')
