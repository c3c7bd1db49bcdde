"""The floor: what cannot be left out of a chat over ssh with these libraries, and nothing else.

python -m tests.bench.floor      prints its port; ends with its stdin

A bare asyncssh server under plain asyncio. Whoever comes in is in the room of their name up to its last hyphen. A line
is written to everybody there, one channel write for each; a key that ends no line is written back to who pressed it.
There is no log, no screen and no name registry. On stdin it takes `replay FILE`: the bytes that were recorded of one
viewer go to every session at the pace at which they came, then it prints `replayed`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from base64 import b64decode
from collections import defaultdict
from pathlib import Path

import asyncssh

ROOMS: defaultdict[str, set[Session]] = defaultdict(set)


class Session(asyncssh.SSHServerSession[bytes]):
    """Somebody who is there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._room = ROOMS[name.rpartition("-")[0]]

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """A channel is open."""
        self.channel = chan

    def pty_requested(self, *_: object) -> bool:
        """Everybody has a terminal."""
        return True

    def shell_requested(self) -> bool:
        """Nobody runs a command."""
        return True

    def session_started(self) -> None:
        """They are there from now on."""
        self._room.add(self)
        self.channel.write(b"welcome, " + self.name.encode() + b"\r\n> ")

    def connection_lost(self, exc: Exception | None) -> None:
        """They have left."""
        self._room.discard(self)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Lines go to everybody, what comes behind the last one back."""
        *lines, keys = data.split(b"\r")
        for line in lines:
            text = self.name.encode() + b": " + line + b"\r\n"
            for other in self._room:
                other.channel.write(text)
        if keys:
            self.channel.write(keys)

    def eof_received(self) -> bool:
        """Close."""
        return False


class Door(asyncssh.SSHServer):
    """Lets everybody in who signs with a key."""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """A connection is open."""
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        """Ask for a signature."""
        return True

    def public_key_auth_supported(self) -> bool:
        """Keys are taken."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Any key is."""
        return True

    def session_requested(self) -> Session:
        """A channel begins."""
        return Session(self._connection.get_extra_info("username"))


async def replay(file: Path) -> None:
    """Send everybody what one viewer was sent."""
    loop = asyncio.get_running_loop()
    pieces = json.loads(await asyncio.to_thread(file.read_text))
    began = loop.time()
    for at, text in pieces:
        data = b64decode(text)
        await asyncio.sleep(began + at - loop.time())
        for room in ROOMS.values():
            for session in room:
                session.channel.write(data)
    say("replayed")


def say(text: str) -> None:
    """A line for whoever started this program."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def main() -> None:
    """Serve until stdin ends."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.create_server(
        Door,
        "127.0.0.1",
        0,
        server_host_keys=[key],
        encoding=None,
        line_editor=False,
        backlog=1000,
        agent_forwarding=False,
    )
    stdin = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    say(str(server.sockets[0].getsockname()[1]))
    while line := await stdin.readline():
        await replay(Path(line.decode().removeprefix("replay ").rstrip("\n")))
    os._exit(0)  # whoever is still there is gone as well


if __name__ == "__main__":
    asyncio.run(main())
