"""Say what is expressed."""
