"""Tell people that a job ended."""
