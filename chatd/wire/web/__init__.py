"""What is sent over the web, as bytes."""
