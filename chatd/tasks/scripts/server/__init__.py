"""The scripts' runtime that belongs to the server: the tools and actors they define, once for all sessions."""
