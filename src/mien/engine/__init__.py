"""Claim, run and commit tasks."""
