"""Find, verify and run networks."""
