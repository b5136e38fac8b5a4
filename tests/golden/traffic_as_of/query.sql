from mart.traffic_as_of(timestamptz '2025-03-15 00:00:00+00')
