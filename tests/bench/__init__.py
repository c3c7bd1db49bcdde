"""Benchmarks: they print figures and judge nothing. Run by `make`, not by pytest."""
