"""SQLite (stdlib sqlite3): the embedded log, and the directory of names and keys."""
