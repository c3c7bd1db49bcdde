"""One foreign library each."""
