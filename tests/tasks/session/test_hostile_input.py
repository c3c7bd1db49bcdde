"""Bytes that no keyboard sends, sizes that no window has, files that are no Lua: who sends them goes on, and so does
everybody else."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from chatd.adapters.lua.scripts import LuaScripts
from chatd.config import shipped_lua
from chatd.testing import World, run
from chatd.testing.sources import SCRIPT_SECONDS
from tests.support import in_world

SIZES = [(0, 0), (1, 1), (65535, 65535), (1, 65535), (65535, 1), (2, 3), (2**32 - 1, 2**32 - 1), (80, 24)]


@in_world(shipped=True)
async def test_any_size_is_one_to_talk_in(world: World) -> None:
    bob = await world.join("bob")
    for i, size in enumerate(SIZES):
        alice = await world.join("alice", size=size)
        alice.types(f"entered {i}\r")
        alice.resizes(*SIZES[-1 - i])
        alice.types(f"resized {i}\r")
        await world.settle(1)
        assert alice.exit_status is None
        assert f"entered {i}" in bob.screen.text and f"resized {i}" in bob.screen.text
        alice.hangs_up()
        await world.settle(1)


@in_world(shipped=True)
async def test_a_thousand_sizes_a_second_make_as_many_frames_as_a_screen_can_show(world: World) -> None:
    alice, bob = await world.join("alice"), await world.join("bob")
    before = len(alice.writes)
    for i in range(1000):
        alice.resizes(20 + i % 90, 5 + i % 40)
        if i % 100 == 0:
            bob.types(f"word {i}\r")
        await trio.sleep(0.001)
    alice.resizes(80, 24)
    await world.settle()
    assert len(alice.writes) - before <= 1.5 * 100 + 20, "at most one in ten milliseconds"
    assert "word 900" in bob.screen.text and "word 900" in alice.screen.text
    assert "2 here" in alice.screen.text


UNFINISHED = [
    b"\x1b", b"\x1b[", b"\x1b[1;5", b"\x1bO", b"\x1b]0;title", b"\x1bP1$r", b"\x1b_x", b"\x1b[M", b"\x1b[200~",
    b"\x1b[" + b"9" * 5000, b"\x1b]" + b"x" * 50_000, b"\xe2\x82", b"\xf0\x9f", b"\x1b[200~half\x1b[20",
]  # fmt: skip
UNKNOWN = [
    b"\x1b[99~", b"\x1b[?1;2c", b"\x1b[<0;5;5M", b"\x1b[M !!", b"\x1b[I", b"\x1b[O", b"\x1bOZ", b"\x1b[1;99Z",
    b"\x1b]52;c;aGk=\x07", b"\x1bP+q\x1b\\", b"\x1b[12;40R", b"\x1b[E", b"\x1b[201~", b"\x1bc", b"\x9b31m",
]  # fmt: skip


@pytest.mark.parametrize("sent", UNFINISHED, ids=lambda sent: repr(sent[:8]))
def test_a_sequence_that_never_ends_swallows_no_more_than_itself(sent: bytes) -> None:
    @in_world(shipped=True)
    async def talk(world: World) -> None:
        alice = await world.join("alice")
        alice.sends(sent)
        await world.settle(5)
        alice.sends(b"\x03")
        await world.settle(3)
        alice.sends(b"\x15still here\r")
        await world.settle(5)
        assert ("alice", "still here", "complete") in world.rows()

    talk()


@in_world(shipped=True)
async def test_unknown_sequences_leave_the_line_as_it_is(world: World) -> None:
    alice = await world.join("alice")
    for i, sent in enumerate(UNKNOWN):
        alice.sends(b"ab" + sent + b"c\r" if i % 2 else b"ab" + sent)
        if not i % 2:
            alice.sends(b"c\r")
        await world.settle()
    said = [text for _, text, _ in world.rows()]
    odd = [(sent, text) for sent, text in zip(UNKNOWN, said, strict=True) if text != "abc"]
    assert [sent for sent, _ in odd] in ([], [b"\x9b31m"]), odd


@in_world(shipped=True)
async def test_sequences_and_characters_in_packets_of_one_byte(world: World) -> None:
    alice = await world.join("alice")
    for byte in "héé 日本👩‍👩‍👧".encode() + b"\x1b[D\x1b[D\x1b[H>\x1b[1;5C\x1b[F<\x1b[200~\xe2\x82\xac\x1b[201~\r":
        alice.sends(bytes([byte]))
        await trio.sleep(0.001)
    await world.settle()
    assert world.rows()[-1][1] == ">héé 日本👩‍👩‍👧<€"


TEXTS = {
    "invalid": b"a\xff\xfe\xc0\xaf\xed\xa0\x80\xf5z",
    "family": "x👩‍👩‍👧‍👦👨🏿‍🚀🏳️‍🌈y".encode(),
    "flags": "🇩🇪🇫🇷🇩".encode(),
    "stack": ("e" + "\u0301\u0489\u20dd" * 300).encode(),
    "leading marks": "\u0301\u200d\ufe0f\u20e3".encode(),
    "right to left": "שלום \u202eevil\u202c عربى \u2066x".encode(),
    "invisible": "a\u200b\u2060\ufeff\u00ad\u180e\U000e0041z".encode(),
    "separators": "a\u2028b\u2029c\x85d\x0ce".encode(),
    "wide": "﷽𒐫꧅ｗｉｄｅ".encode(),
    "private and unassigned": "\ue000\U0010ffff\ufdd0\U000f0000".encode(),
    "jamo": ("\u1112\u1161\u11ab" * 50).encode(),
    "tags": ("🏴" + "\U000e0067" * 100).encode(),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_any_text_is_edited_said_and_shown(text: bytes) -> None:
    """The screens in memory raise for any byte that must not reach a terminal."""

    @in_world(shipped=True)
    async def talk(world: World) -> None:
        alice, bob = await world.join("alice"), await world.join("bob", size=(12, 9))
        alice.sends(text + b"\x1b[D\x1b[D\x7f\x1b[3~\x17\x19\x01\x06\x05")
        alice.sends(b"\x1b[200~" + text + b"\x1b[201~ end\r")
        await world.settle(1)
        assert world.rows()[-1][1].endswith("end")
        for size in ((1, 1), (3, 4), (13, 7), (80, 24)):
            bob.resizes(*size)
            bob.sends(text)
            await world.settle()
        assert "end" in alice.screen.text and alice.exit_status is None and bob.exit_status is None

    talk()


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _unreadable(path: Path) -> None:
    path.write_text("x = 1")
    path.chmod(0)


def _link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


FILES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "broken": lambda path: path.write_text("for"),
    "failing": lambda path: path.write_text("error({})"),
    "requires itself": lambda path: path.write_text(f"require '{path.stem}'"),
    "recursive": lambda path: path.write_text("local function f() return 1 + f() end f()"),
    "endless": lambda path: path.write_text("while true do end"),
    "greedy": lambda path: path.write_text("local t = {} while true do t[#t + 1] = ('x'):rep(99) .. #t end"),
    "binary": lambda path: path.write_bytes(b"\x1bLua\x55\x00\x19\x93\r\n\x1a\n" + bytes(range(256)) * 9),
    "ten megabytes": lambda path: path.write_bytes(b"-- x\n" * (2 << 20)),
    "deep": lambda path: path.write_text("x = " + "{" * 100_000),
    "a directory": lambda path: path.mkdir(),
    "a pipe": _fifo,
    "unreadable": _unreadable,
    "a way out": _link,
    "a link to itself": _loop,
}


@pytest.mark.parametrize("name", ["mine", "clock", "init"])
@pytest.mark.parametrize("make", FILES.values(), ids=FILES)
def test_whatever_lies_in_the_directory_live_sessions_go_on_and_new_ones_hear_why(
    tmp_path: Path, name: str, make: Callable[[Path], object]
) -> None:
    """Saved while somebody is there; then somebody else comes; then it is taken away."""
    path = tmp_path / f"{name}.lua"

    async def talk() -> None:
        scripts = LuaScripts(shipped_lua(), tmp_path, instructions=600_000, memory=8 << 20, seconds=SCRIPT_SECONDS)
        async with World.open(scripts=scripts) as world:
            alice = await world.join("alice")
            make(path)
            await world.settle(3)
            alice.types("still here\r")
            await world.settle()
            bob = await world.lines("bob")
            assert alice.exit_status is None
            if bob.exit_status is not None:
                assert bob.exit_status == 70
                assert ".lua" in bob.errors, bob.errors
            _remove(path)
            await world.settle(3)
            alice.types("\x15again\r")
            carl = await world.join("carl")
            assert carl.exit_status is None and "again" in carl.screen.text
            if name != "init" or "still here" in carl.screen.text:
                assert ("alice", "still here", "complete") in world.rows()

    run(talk)


def _remove(path: Path) -> None:
    if stat.S_ISDIR(path.lstat().st_mode):
        path.rmdir()
    else:
        path.unlink()


@pytest.mark.parametrize("make", ["missing", "a file", "a pipe", "empty"])
def test_a_directory_that_is_none(tmp_path: Path, make: str) -> None:
    overlay = tmp_path / "mine"
    if make == "a file":
        overlay.write_text("x")
    elif make == "a pipe":
        os.mkfifo(overlay)
    elif make == "empty":
        overlay.mkdir()

    async def talk() -> None:
        scripts = LuaScripts(shipped_lua(), overlay, instructions=3_000_000, memory=8 << 20, seconds=SCRIPT_SECONDS)
        async with World.open(scripts=scripts) as world:
            bob = await world.lines("bob")
            assert bob.exit_status is None
            broken = make not in {"missing", "empty"}
            assert (str(overlay) in bob.output) == broken == ("the scripts are broken" in bob.output)

    run(talk)
