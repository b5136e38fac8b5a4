from mart.samples_as_of(timestamptz '2025-01-03 00:00:00+00')
