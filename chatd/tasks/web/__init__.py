"""The front over the web: what answers which request."""
