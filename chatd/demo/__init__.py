"""Demonstrations: the router alone (`python -m chatd.demo`), and a whole server from outside (`make demo`)."""
