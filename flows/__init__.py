"""When and in what order: Prefect flows, settings and the command line.

The main path starts in `run.py`: load, forecast, plan, report, publish, each a task of `steps/`.
Clock, environment and settings are read here and nowhere below.
"""
