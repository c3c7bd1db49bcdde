"""Bytes to values and back, incremental, without I/O."""
