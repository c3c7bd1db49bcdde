"""Which files are run, in which order, and what happens when one is broken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chatd.adapters.lua import LuaScripts
from chatd.adapters.lua.files import MAX_SOURCE
from chatd.errors import ScriptError
from chatd.ports import Plain, Returned


class World:
    """Two directories, and what the scripts in them said."""

    def __init__(self, directory: Path) -> None:
        self.shipped, self.overlay = directory / "shipped", directory / "overlay"
        self.said: list[Plain] = []
        for path in (self.shipped, self.overlay):
            path.mkdir()
        self.write("shipped/init.lua", "tools.say('init')")

    def write(self, path: str, source: str) -> None:
        file = self.shipped.parent / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(source)

    def open(self) -> list[Plain]:
        self.said.clear()
        scripts = LuaScripts(self.shipped, self.overlay, instructions=3_000_000, memory=8 << 20)
        scripts.runtime({"say": self.said.append}, seed=1).close()
        return self.said

    def refused(self) -> str:
        with pytest.raises(ScriptError) as error:
            self.open()
        return str(error.value)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_init_then_the_additions_in_name_order(world: World) -> None:
    world.write("shipped/chat.lua", "tools.say('chat')")
    for name in ("b.lua", "a.lua", ".#a.lua", "a.lua~", "my file.lua", "zz/deep.lua"):
        world.write(f"overlay/{name}", f"tools.say('{name}')")
    assert world.open() == ["init", "a.lua", "b.lua", "my file.lua"]


def test_a_file_of_the_overlay_replaces_the_shipped_one(world: World) -> None:
    world.write("shipped/init.lua", "require 'chat' require 'commands.who'")
    world.write("shipped/chat.lua", "tools.say('shipped chat')")
    world.write("shipped/commands/who.lua", "tools.say('shipped who')")
    assert world.open() == ["shipped chat", "shipped who"]
    world.write("overlay/chat.lua", "tools.say('my chat')")
    world.write("overlay/commands/who.lua", "tools.say('my who')")
    assert world.open() == ["my chat", "my who"]
    world.write("overlay/init.lua", "tools.say('my init')")
    assert world.open() == ["my init"]


def test_no_overlay(world: World) -> None:
    said: list[Plain] = []
    LuaScripts(world.shipped, None, instructions=3_000_000, memory=8 << 20).runtime(
        {"say": said.append}, seed=1
    ).close()
    assert said == ["init"]


def test_an_overlay_that_is_not_there(world: World) -> None:
    world.overlay.rmdir()
    assert world.open() == ["init"]


def test_a_module_is_run_once_and_its_value_kept(world: World) -> None:
    world.write(
        "shipped/init.lua", "local a, b = require 'counter', require 'counter' tools.say(a == b) tools.say(a.n)"
    )
    world.write("shipped/counter.lua", "tools.say('run') return {n = 3}")
    world.write("overlay/x.lua", "tools.say(require('counter').n) tools.say(require('nothing'))")
    world.write("shipped/nothing.lua", "")
    assert world.open() == ["run", True, 3, 3, True]


def test_an_addition_that_was_required_is_not_run_again(world: World) -> None:
    world.write("overlay/a.lua", "tools.say('a') require 'b'")
    world.write("overlay/b.lua", "tools.say('b')")
    assert world.open() == ["init", "a", "b"]


def test_circles_are_named(world: World) -> None:
    world.write("shipped/init.lua", "require 'a'")
    world.write("shipped/a.lua", "\nrequire 'b'")
    world.write("shipped/b.lua", "require 'a'")
    assert world.refused() == "b.lua:1: files require each other in a circle: a -> b -> a"


def test_a_broken_file_is_named_with_its_line(world: World) -> None:
    world.write("overlay/mine.lua", "local x = 1\nlocal y = = 2")
    assert world.refused() == "mine.lua:2: unexpected symbol near '='"
    world.write("overlay/mine.lua", "\n\nerror('no luck')")
    assert world.refused() == "mine.lua:3: no luck"
    world.write("overlay/mine.lua", "while true do end")
    assert world.refused() == "mine.lua:1: stopped after 3000000 instructions"
    world.write("overlay/mine.lua", "require 'nowhere'")
    assert world.refused() == "mine.lua:1: module 'nowhere' is not among the interface's files"


def test_a_missing_init_is_an_error(world: World) -> None:
    (world.shipped / "init.lua").unlink()
    assert world.refused() == "module 'init' is not among the interface's files"


def test_a_file_too_large_is_an_error_with_both_sizes(world: World) -> None:
    world.write("overlay/large.lua", "--" + "x" * MAX_SOURCE)
    assert world.refused() == f"large.lua: the file has {MAX_SOURCE + 2} bytes, the limit is {MAX_SOURCE}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_cannot_be_read_is_an_error(world: World) -> None:
    world.write("overlay/secret.lua", "")
    (world.overlay / "secret.lua").chmod(0)
    assert world.refused() == "secret.lua: cannot be read: Permission denied"


def test_nothing_outside_is_found(world: World, tmp_path: Path) -> None:
    world.write("outside.lua", "tools.say('outside')")
    (world.overlay / "sub").mkdir()
    (world.overlay / "sub" / "link.lua").symlink_to(tmp_path / "outside.lua")
    for name in ("../outside", "..outside", "/outside", "sub/link", "", ".", "a..b", "a\\0", "sub.link"):
        world.write("shipped/init.lua", f"tools.say((pcall(require, '{name}')))")
        assert world.open()[0] is False, name


def test_a_link_that_leads_out_is_said(world: World, tmp_path: Path) -> None:
    world.write("outside.lua", "tools.say('outside')")
    (world.overlay / "link.lua").symlink_to(tmp_path / "outside.lua")
    assert world.refused() == "link.lua: leads out of the directory it is in"
    (world.overlay / "link.lua").unlink()
    world.write("overlay/real.lua", "tools.say('inside')")
    (world.overlay / "link.lua").symlink_to(world.overlay / "real.lua")
    assert world.open() == ["init", "inside", "inside"]


def test_only_regular_files_are_opened(world: World) -> None:
    os.mkfifo(world.overlay / "pipe.lua")
    world.write("shipped/init.lua", "tools.say((pcall(require, 'pipe')))")
    assert world.open() == [False]


def test_byte_order_mark_and_odd_bytes(world: World) -> None:
    (world.overlay / "odd.lua").write_bytes(b"\xef\xbb\xbftools.say(#'\xff\xfe')")
    assert world.open() == ["init", 2]


def test_a_binary_chunk_is_refused(world: World) -> None:
    (world.overlay / "binary.lua").write_bytes(b"\x1bLuaU\x00")
    assert "attempt to load a binary chunk" in world.refused()


def test_a_saved_change_is_what_the_next_runtime_has(world: World) -> None:
    world.write("overlay/a.lua", "tools.say(1)")
    assert world.open() == ["init", 1]
    world.write("overlay/a.lua", "tools.say(2)")
    assert world.open() == ["init", 2]


def test_the_scripts_own_globals_are_shared_between_its_files(world: World) -> None:
    world.write("shipped/init.lua", "shared = 5 function helper() return shared + 1 end")
    world.write("overlay/a.lua", "tools.say(helper())")
    said: list[Plain] = []
    script = LuaScripts(world.shipped, world.overlay, instructions=3_000_000, memory=8 << 20).runtime(
        {"say": said.append}, seed=1
    )
    assert said == [6]
    assert script.call("on_nothing") == Returned()
    script.close()


def test_a_word_is_found_in_the_operators_files_alone_and_in_one_that_cannot_be_read(world: World) -> None:
    def mention() -> bool:
        return LuaScripts(world.shipped, world.overlay, instructions=1, memory=8 << 20).mention("on_prompt")

    world.write("shipped/chat.lua", "-- on_prompt")
    world.write("overlay/.#a.lua", "-- on_prompt")
    world.write("overlay/a.lua", "function on_promise(")
    assert not mention()
    world.write("overlay/deep/b.lua", "function on_prompt() end this is no Lua")
    assert mention()
    (world.overlay / "deep/b.lua").write_bytes(b" " * (MAX_SOURCE + 1))
    assert mention(), "nobody knows what is in it"
    assert not LuaScripts(world.shipped, None, instructions=1, memory=8 << 20).mention("on_prompt")
