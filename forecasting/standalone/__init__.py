"""Forecasts of any panel and failures of any network: no warehouse, no Prefect."""
