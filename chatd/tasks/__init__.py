"""The trio tasks: they wait and carry, and own every lifetime."""
