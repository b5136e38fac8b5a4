"""Sources that answer over the network: Prometheus, SQL, files at an address."""
