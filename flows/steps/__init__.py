"""The steps of a run (load, forecast, plan, report, publish) and what they are made from."""
