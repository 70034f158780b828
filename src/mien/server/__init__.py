"""Answer over HTTP."""
