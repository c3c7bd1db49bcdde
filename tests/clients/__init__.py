"""Other people's clients in other languages."""
