"""The page's pure modules, tested by Node's own runner."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

FILES = sorted(Path(__file__).parent.glob("*.test.js"))

NODE = shutil.which("node")


@pytest.mark.real
@pytest.mark.skipif(NODE is None, reason="there is no Node here")
@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_what_is_pure_holds(file: Path) -> None:
    assert NODE is not None
    done = subprocess.run([NODE, "--test", str(file)], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout[-4000:]
