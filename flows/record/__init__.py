"""What a job did: its record, its log, its progress, and how the last ones ended."""
