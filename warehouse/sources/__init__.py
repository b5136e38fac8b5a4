"""Readers: one small module per kind of input, all ending in the same rows."""
