"""Benchmarks: they print figures and judge nothing. Run by `make`; pytest runs what tests their parts."""
