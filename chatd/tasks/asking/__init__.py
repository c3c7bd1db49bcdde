"""Asking models: who can be asked, one answer over its rounds, and the limits on all of them."""
