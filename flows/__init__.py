"""Say when: Prefect flows, settings and the command line. The main path starts in run.py."""
