"""What readers get: published copies, read-only questions, exports and the data dictionary."""
