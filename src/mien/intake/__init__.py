"""Bring a source to disk, as items."""
