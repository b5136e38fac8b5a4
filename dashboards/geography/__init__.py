"""Country outlines for maps, clipped to what a map shows."""
