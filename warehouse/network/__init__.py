"""The network: its model, its CSV files, and the checks that find what does not fit together."""
