"""Open an item and read its tracks."""
