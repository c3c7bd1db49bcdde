"""From configuration to parts: limits for each layer, models, the hub, the server and its lifetimes."""
