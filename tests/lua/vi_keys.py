"""A text, and keys of vi pressed on it."""

from __future__ import annotations

from tests.lua.fake_host import FakeHost


def edit(vi: FakeHost, text: str, keys: str) -> tuple[str, int]:
    """What is in the editor after typing a text, Esc, the cursor to the beginning, and keys; ^[ is Esc."""
    vi.press("Esc").press("C-c").type("/clear").press("Enter").paste(text).press("Esc", "g", "g", "0")
    for i, part in enumerate(keys.split("^[")):
        if i:
            vi.press("Esc")
        for key in part:
            vi.press(key)
    return vi.input()
