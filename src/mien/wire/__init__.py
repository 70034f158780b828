"""Shape what clients know; nothing but shapes."""
