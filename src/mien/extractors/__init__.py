"""Find where and when something is expressed."""
