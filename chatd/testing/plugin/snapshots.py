"""Golden screens: what a screen showed when somebody last looked at it, in a file beside the test.

`hold` compares, and writes with `--chatd-update`; `Snapshots` is the fixture around it.
"""

from __future__ import annotations

import re
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chatd.testing.screen import Screen


def hold(file: Path, found: str, *, update: bool) -> None:
    """The picture `found` is what the file holds, or the test fails with the difference; `update` writes it there."""
    __tracebackhide__ = True
    if update:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found, encoding="utf-8", newline="\n")
        return
    if not file.is_file():
        pytest.fail(f"there is no golden screen {file.name} yet: --chatd-update writes it\n{found}", pytrace=False)
    held = file.read_text(encoding="utf-8")
    if held != found:
        difference = "\n".join(unified_diff(held.splitlines(), found.splitlines(), file.name, "now", n=2, lineterm=""))
        again = "--chatd-update writes the new screen; look at the difference"
        pytest.fail(f"the screen is not {file.name} ({again})\n{difference}", pytrace=False)


class Snapshots:
    """The fixture `snapshot`: call it with a screen, and a name when a test has more than one."""

    def __init__(self, directory: Path, test: str, *, update: bool) -> None:
        self._directory = directory
        self._test = re.sub(r"[^\w.-]+", "_", test)
        self._update = update
        self._names: set[str] = set()

    def __call__(self, screen: Screen, name: str = "") -> None:
        """The screen is as its golden file has it: text, styles and cursor. Fails with the difference."""
        __tracebackhide__ = True
        from chatd.testing.picture import picture  # noqa: PLC0415 -- which a start of pytest need not load

        if name in self._names:
            pytest.fail(f"this test has a snapshot {name!r} already: give each a name", pytrace=False)
        self._names.add(name)
        file = self._directory / f"{self._test}{f'.{name}' if name else ''}.txt"
        hold(file, picture(screen), update=self._update)


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Snapshots:
    """Golden screens of this test, in `screens/MODULE/` beside its file."""
    directory = request.path.parent / "screens" / request.path.stem
    cls = f"{request.cls.__name__}." if request.cls is not None else ""
    return Snapshots(directory, f"{cls}{request.node.name}", update=request.config.getoption("--chatd-update"))
