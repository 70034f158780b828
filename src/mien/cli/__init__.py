"""Answer in the terminal."""
