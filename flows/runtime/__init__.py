"""Where work runs and how it is stopped: workers, the embedded Prefect server, signals."""
