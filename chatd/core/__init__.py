"""Rules: rows, rooms, names, mentions. No await, no I/O, no clock, no randomness."""
