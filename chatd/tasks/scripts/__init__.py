"""What scripts can call and are called by, and running them."""
