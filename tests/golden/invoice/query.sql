from mart.invoice('R1', date '2025-01-01', 'UTC')
