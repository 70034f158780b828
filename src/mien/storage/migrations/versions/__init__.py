"""Hold one file per step."""
