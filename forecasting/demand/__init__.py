"""From the history of traffic to joint draws of its future."""
