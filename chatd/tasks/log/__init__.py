"""Committing: the one writer of rooms, and the bells that tell of what it wrote."""
