"""What is answered is what the description says: whatever is sent, schemathesis finds nothing that is otherwise."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.server import Server
from tests.end_to_end.test_web import web_address

pytestmark = pytest.mark.real

PROGRAM = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
MATTERS_OF_TASTE = "negative_data_rejection,ignored_auth"
"""A query of a search is read with good will, so no schema says which are refused; and a guest needs no login."""


@pytest.mark.skipif(PROGRAM is None, reason="schemathesis is not installed")
def test_schemathesis_finds_nothing(start: Callable[..., Server], tmp_path: Path) -> None:
    server = start("--web", "127.0.0.1:0")
    address = web_address(server)
    token = server.run("alice", "token").stdout.decode().strip()
    command = [
        str(PROGRAM), "run", f"{address}/openapi.json", "-H", f"authorization: Bearer {token}", "-n", "6",
        "--seed", "1", "--request-timeout", "20", "--exclude-checks", MATTERS_OF_TASTE,
        "--exclude-path", "/api/v1/search",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "Traceback" not in server.log.read_text()
