"""The notebook app on the published copy."""
