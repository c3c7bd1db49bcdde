"""Arguments out of Lua, checked."""

from __future__ import annotations

from chatd.errors import ScriptError


def as_string(what: str, value: object) -> str:
    """A string out of Lua. Raises ScriptError, which names `what` it should have been."""
    if not isinstance(value, str):
        raise ScriptError(f"{what} must be a string")
    return value


def whole(value: object) -> int:
    """A whole number out of Lua. Raises ScriptError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 2**53:  # noqa: PLR0124
        raise ScriptError("a whole number is wanted")
    return int(value)
