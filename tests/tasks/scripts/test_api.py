"""One table describes what scripts can call: the functions agree with it, and so do the files made from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from chatd.adapters.lua.host_functions import arity
from chatd.config import shipped_lua
from chatd.ports import CALLBACKS as KNOWN
from chatd.ports import HostFunction, Script, ToolContext
from chatd.tasks.scripts import api_files
from chatd.tasks.scripts.api import MadeBy, Where, names
from chatd.tasks.scripts.api_callbacks import CALLBACKS, SHAPES
from chatd.tasks.scripts.api_files import files
from chatd.tasks.scripts.api_functions import FUNCTIONS
from chatd.tasks.scripts.server.functions import server_functions
from chatd.testing import World
from tests.support import in_world

INTERNAL = {"timer_start", "timer_stop", "offer", "run_say", "run_done"}


def given_to_lua(world: World) -> Mapping[str, HostFunction]:
    """The functions of the session that is opened next."""
    found: dict[str, HostFunction] = {}
    opened = world.hub.scripts.open

    async def spied(
        functions: Mapping[str, HostFunction], *, seed: int, off_loop: frozenset[str] = frozenset(),
        shipped_only: bool = False,
    ) -> Script:  # fmt: skip
        found.update(functions)
        assert off_loop <= set(functions)
        return await opened(functions, seed=seed, shipped_only=shipped_only)

    world.hub.scripts.open = spied  # type: ignore[method-assign]
    return found


@in_world()
async def test_a_session_gives_lua_what_the_table_says(world: World) -> None:
    given = given_to_lua(world)
    await world.join("alice")
    assert set(given) - INTERNAL == names(FUNCTIONS)
    for function in FUNCTIONS:
        if function.owner is MadeBy.HOST:
            least, most = arity(given[function.name])
            wanted = [p for p in function.parameters if p.name != "..."]
            needed = sum(not p.optional for p in wanted)
            endless = len(wanted) < len(function.parameters)
            assert least <= max(needed, least == 0) and (most >= len(wanted)), f"{function.name} {least}-{most}"
            assert endless or most in (len(wanted), 1000), f"{function.name} takes {most}"


@in_world()
async def test_the_servers_runtime_has_them_all_and_those_of_a_person_refuse(world: World) -> None:
    context = ToolContext("", "", "", "")
    given = server_functions(world.hub, lambda: context, offer=print, set_meta=print, say=print, done=print)
    assert set(given) - INTERNAL == names(FUNCTIONS)
    assert {"say", "join", "history"} <= names(FUNCTIONS, Where.SESSION)
    assert given["kv_get"]("x") is None and given["put"](0, "x", "") is None


def test_every_callback_is_known_on_both_sides() -> None:
    assert [callback.name for callback in CALLBACKS if callback.name not in KNOWN] == []
    assert sorted(KNOWN) == sorted(callback.name for callback in CALLBACKS)


def test_names_and_types_are_whole() -> None:
    names = [function.name for function in FUNCTIONS]
    assert len(set(names)) == len(names)
    shapes = {f"chatd.{shape.name}" for shape in SHAPES}
    for function in FUNCTIONS:
        assert function.text.endswith(".") and len(function.text) < 300, function.name
        for kind in (function.result, *(p.type for p in function.parameters)):
            for word in re.split(r"[\s|,()\[\]?]+", kind):
                assert not word.startswith("chatd.") or word in shapes, f"{function.name}: {word}"


def test_the_files_in_the_repository_are_what_the_table_gives() -> None:
    for name, text in files().items():
        assert (shipped_lua() / name).read_text(encoding="utf-8") == text, f"{name} is old; `make meta` writes it"


def test_make_meta_writes_them(tmp_path: Path) -> None:
    assert api_files.main([str(tmp_path)]) == 0 and api_files.main([]) == 64
    assert (tmp_path / "_meta" / "tools.lua").read_text(encoding="utf-8").startswith("---@meta\n")


@in_world()
async def test_what_tables_hold_is_what_the_table_says(world: World) -> None:
    """The fields of the shapes are those of the values that cross."""
    given = given_to_lua(world)
    world.model("bot").says("hi")
    alice = await world.join("alice")
    alice.types("@bot go\r")
    await world.settle()
    fields = {shape.name: {field.name for field in shape.fields} for shape in SHAPES}
    for name, value in (
        ("Session", given["session"]()), ("Room", given["room"]()), ("RoomSummary", given["rooms"]()),
        ("Person", given["who"]()), ("Model", given["models"]()), ("Stream", given["streams"]()),
    ):  # fmt: skip
        table = value[0] if isinstance(value, list) else value
        assert isinstance(table, Mapping) and set(table) == fields[name], name
    (row, *_) = given["history"](5)  # type: ignore[misc]
    assert isinstance(row, Mapping) and set(row) == fields["Row"] - {"snippet"}
