"""How far the figures can be trusted: scores, data quality, assumptions, method."""
