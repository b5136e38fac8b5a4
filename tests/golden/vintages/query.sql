from mart.vintages(date '2025-03-01')
