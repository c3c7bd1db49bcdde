"""People who come into a simulated world by the web gateway: programs and browsers, over streams in memory."""
