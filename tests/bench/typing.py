"""Somebody types 500 keys a second (a paste without brackets, a key held down) while ten answers stream in the room.

python -m tests.bench.typing
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench.crowd import say_typing
from tests.bench.crowd import typing as typing_of
from tests.bench.host import host, settings
from tests.bench.typist import Typist
from tests.bench.upstream import upstream

MODELS = ("ann", "ben")
ASKERS = 5
ANSWERS = ASKERS * len(MODELS)
PACE = 20
"""Tokens a second of each answer."""

EVERY_S = 0.002
TYPES_S = 8


def main() -> None:
    """Print how long echoes took, with and without answers."""
    core = max(os.sched_getaffinity(0))
    others = os.sched_getaffinity(0) - {core}
    os.sched_setaffinity(0, others or {core})
    with tempfile.TemporaryDirectory() as directory, upstream() as url, ExitStack() as people:
        config = settings(url, dict.fromkeys(MODELS, "ollama"), max_streams_per_room="16", max_streams_per_user="16")
        with host(Path(directory), config, core=core) as server, people:
            typist = people.enter_context(Typist(server.ssh("tina"), "tina", "busy", EVERY_S))
            print("From a key to its echo, ms, one real ssh client with 500 keys a second")
            with typing_of([typist]):
                time.sleep(TYPES_S / 2)
            say_typing("nobody asks", [typist])
            question = f"say {TYPES_S * 3 * PACE} tokens, {PACE} a second"
            asking = [
                subprocess.Popen(
                    server.ssh(f"user{i}", "ask", "--room", "busy", "@" + ",".join(MODELS), question),
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                )
                for i in range(ASKERS)
            ]  # fmt: skip
            time.sleep(4)
            with typing_of([typist]):
                time.sleep(TYPES_S)
            say_typing(f"{ANSWERS} answers stream here", [typist])
            for client in asking:
                client.terminate()
                client.wait()


if __name__ == "__main__":
    main()
