"""What long runs have found, each as the shortest world that showed it."""

from __future__ import annotations

import pytest

from chatd.testing import Mode
from chatd.testing.program import (
    DiskDamage,
    DiskFault,
    Join,
    LetPass,
    LinkFault,
    Program,
    Restart,
    RunCommand,
    Stop,
    Type,
)
from chatd.testing.simulation import simulate

FOUND = {
    "a call was drawn without the result that it was to be drawn with, and kept so for all": (
        Mode.SHUFFLE,
        Program(31469, (Join("alice", "screen"), Join("bob", "screen"), Type("alice", "@sage naï\r", 0)), drawn=True),
    ),
    "rows behind a flipped frame were missed that the next server had written over": (
        Mode.FIFO,
        Program(
            30832,
            (
                Join("alice", "screen"), Join("bob", "lines"), Type("alice", "@llama 1mr\r", 0),
                Type("bob", "@llama,eliza how are you\r", 1), DiskDamage("flipped in the WAL", 18193361),
                Restart(True), Restart(True),
            ),
        ),
    ),
    "an upgrade that a flipped bit undid was looked at as if it were done": (
        Mode.SERIAL, Program(31166, (DiskDamage("flipped in the WAL", 0), Restart(True))),
    ),
    "what a stopped script had eaten kept the screen from being drawn ever after": (
        Mode.SERIAL,
        Program(
            101614,
            (
                Join("alice", "screen"), Join("bob", "lines"), RunCommand("bob", "ask @bot,sage hi", gone_after=1.0),
                Type("alice", "/eat\r", 0),
            ),
        ),
    ),
    "a server that was told to stop waited for the next try of a disk that worked again": (
        Mode.SHUFFLE,
        Program(
            104581,
            (
                Join("bob", "screen"), DiskFault("read-only"), Type("bob", "@echo naïve café\r", 3), LetPass(3.0),
                LetPass(0.4), Stop("in good order"),
            ),
        ),
    ),
    "what waited then was not written": (
        Mode.SHUFFLE,
        Program(
            103097,
            (
                Join("alice", "screen"), DiskFault("read-only"), Type("alice", "how are you\r", 0), LetPass(0.4),
                LetPass(3.0),
                Stop("in good order"),
            ),
        ),
    ),
    "who was bound to a connection that was half-open stayed so when somebody of the same name came": (
        Mode.SHUFFLE,
        Program(149, (Join("bob", "lines"), LinkFault("bob", "half-open"), Join("bob", "screen", (200, 50)))),
    ),
    "a question that began and ended while a command waited was none to the oracle": (
        Mode.FIFO,
        Program(
            324, (Join("alice", "screen"), LetPass(0.05), Type("alice", "@bot hello\r", 0),
                  RunCommand("alice", "cancel --all")),
        ),
    ),
    "two questions of one guest at the same moment each made the guest's room, and the server died of it": (
        Mode.SERIAL,
        Program(
            4,
            (RunCommand("guest-eve", "ask @bot hi"), RunCommand("guest-eve", "ask --json @sage,bot,echo hello")),
        ),
    ),
    "what was asked of a server that was stopping waited for a failing disk longer than the server": (
        Mode.SERIAL,
        Program(
            19490,
            (DiskFault("read-only"), Stop("as it is"), RunCommand("bob", "ask --room lobby @bot go")),
        ),
    ),
    "a question that ended before a slow disk had it was none to the oracle": (
        Mode.FIFO,
        Program(
            300016,
            (
                Join("alice", "screen"), DiskFault("slow"), Type("alice", "@sage hello\r", 1), LetPass(0.0),
                RunCommand("alice", "cancel"), RunCommand("alice", "history --json", 1.0),
            ),
            drawn=True,
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", FOUND)
def test_it_does_not_come_back(what: str) -> None:
    mode, program = FOUND[what]
    assert simulate(program.seed, mode, program).broken is None
