"""Say the words everybody in the house speaks; no I/O."""
