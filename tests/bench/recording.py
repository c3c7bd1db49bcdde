"""What one viewer was sent, so that the floor can send the very same bytes at the same moments."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64encode
from pathlib import Path

from tests.bench.people import Person
from tests.bench.processes import Running


class Recording:
    """Records what a person hears. Each piece of it is one packet of the server's."""

    def __init__(self, person: Person) -> None:
        self._began = time.monotonic()
        self._pieces: list[tuple[float, bytes]] = []
        person.hears = self._hear

    def _hear(self, data: bytes) -> None:
        self._pieces.append((time.monotonic() - self._began, data))

    @property
    def seconds(self) -> float:
        """Until the last of it."""
        return self._pieces[-1][0] if self._pieces else 0.0

    @property
    def frames(self) -> int:
        """How many pieces."""
        return len(self._pieces)

    async def replay(self, floor: Running) -> None:
        """Have the floor send it to everybody; returns when it has."""
        file = floor.home / "recording.json"
        pieces = [(at, b64encode(data).decode()) for at, data in self._pieces]
        await asyncio.to_thread(_write, file, json.dumps(pieces))
        await floor.tell(f"replay {file}")
        assert await floor.line(self.seconds + 30) == "replayed\n"


def _write(file: Path, text: str) -> None:
    file.write_text(text)
