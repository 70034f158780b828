"""Take one item from media to scores."""
