"""Starts a server and has the official JavaScript clients ask it: python -m tests.clients (make clients)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.end_to_end.server import Server
from tests.end_to_end.test_web import web_address

HERE = Path(__file__).parent


def main() -> int:
    """Exit status 0 when all of them are content."""
    if shutil.which("npm") is None:
        print("npm is not here: the clients come from its registry")
        return 1
    with TemporaryDirectory(prefix="chatd-clients-") as directory:
        home = Path(directory)
        for name in ("package.json", "official.mjs"):
            shutil.copy(HERE / name, home)
        subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit"], cwd=home, check=True)
        server = Server(home, "--web", "127.0.0.1:0")
        try:
            address = web_address(server)
            token = server.run("alice", "token").stdout.decode().strip()
            return subprocess.run(["node", "official.mjs", address, token], cwd=home, check=False).returncode
        finally:
            server.close()


if __name__ == "__main__":
    sys.exit(main())
