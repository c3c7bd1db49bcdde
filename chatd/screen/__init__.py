"""Text to lines to terminal bytes, pure."""
