"""Let operators see inside: logs and traces."""
