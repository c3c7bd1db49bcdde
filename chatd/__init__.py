"""chatd: a chat server you enter with plain ssh."""

__version__ = "0.1.0"
