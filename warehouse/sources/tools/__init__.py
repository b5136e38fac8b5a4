"""Ready descriptions of the exports of known tools."""
