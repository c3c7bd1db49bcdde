"""Values on their way to Lua and back: total, exact where both sides can say it, and safe near the memory limit."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from enum import IntEnum, StrEnum
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatd.adapters.lua.codec import MAX_SHAPES, MAX_TOKENS
from chatd.ports import Later, Plain, Raised, Returned, Suspended
from tests.adapters.lua.conftest import Box, OpenBox

TELL = "function on_key(...) tools.tell(...) end"

Text = st.text(st.characters(exclude_categories=()), max_size=20)
Scalars = st.one_of(
    st.booleans(), st.integers(-(2**64), 2**64), st.floats(), Text, st.text(min_size=1, max_size=300)
)  # fmt: skip
Values: st.SearchStrategy[Plain] = st.recursive(
    Scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=6),
        st.dictionaries(Text, st.one_of(st.none(), inner), max_size=6),
        st.fixed_dictionaries({"id": Scalars, "author": st.one_of(st.none(), Scalars)}),
    ),
    max_leaves=20,
)


def seen_by_lua(value: Plain) -> Plain:
    """What a value is on the other side: no nil in tables, no empty list, no surrogate, no integer over 64 bits."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {seen_by_lua(k): seen_by_lua(v) for k, v in value.items() if v is not None}  # type: ignore[misc]
    if isinstance(value, list):
        return [seen_by_lua(item) for item in value] or {}
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return float(value)
    return value


def same(a: Plain, b: Plain) -> bool:
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a):
        return math.isnan(b)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b and str(a) == str(b)


@pytest.fixture(scope="module")
def teller(tmp_path_factory: pytest.TempPathFactory) -> Box:
    return Box(tmp_path_factory.mktemp("lua"), {}, init=TELL)


@given(values=st.lists(st.one_of(st.none(), Values), max_size=4))
@settings(max_examples=150, deadline=None)
def test_arguments_cross_both_borders_unchanged(teller: Box, values: list[Plain]) -> None:
    teller.told.clear()
    assert teller.script.call("on_key", *values) == Returned()
    assert same(list(teller.told[0]), [seen_by_lua(value) for value in values])


@given(value=Values)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_results_cross_unchanged(tmp_path: Path, value: Plain) -> None:
    box = Box(tmp_path, {"get": lambda: value}, init="function on_key() tools.tell(tools.get()) end")
    assert box.script.call("on_key") == Returned()
    assert same(box.told[0][0], seen_by_lua(value))
    box.script.close()


def lua_literal(value: object) -> str:
    """Lua source for a value; bytes are strings."""
    if isinstance(value, bytes):
        return '"' + "".join(f"\\{byte:03}" for byte in value) + '"'
    if isinstance(value, dict):
        return "{" + ",".join(f"[{lua_literal(k)}]={lua_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ",".join(map(lua_literal, value)) + "}"
    return str(value).lower()


Keys = st.text(max_size=8).map(str.encode)
LuaValues = st.recursive(
    st.one_of(st.binary(max_size=20), st.booleans(), st.integers(-(2**62), 2**62)),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(Keys, inner, max_size=5)),
    max_leaves=15,
)


@given(value=LuaValues)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_arrive_as_text(box: Box, value: object) -> None:
    def told(value: object) -> Plain:
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        if isinstance(value, dict):
            return {str(told(k)): told(v) for k, v in value.items()}
        if isinstance(value, list):
            return [told(item) for item in value] or {}
        assert isinstance(value, (bool, int))
        return value

    box.told.clear()
    assert box.run(f"tools.tell({lua_literal(value)})") == Returned()
    assert box.told == [(told(value),)]


FILL = """
hold = {}
function on_key(kilobytes, keep)
  if not keep then hold = {} end
  for i = 1, kilobytes do hold[#hold + 1] = ("x"):rep(1000) .. #hold end
end
function on_line(value) local copy = tools.same(value) tools.tell(copy, #hold) return tools.tell({copy, value}) end
"""


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 500), st.booleans(), st.one_of(Values, st.integers(0, 50_000).map("é".__mul__))),
        max_size=12,
    )
)  # fmt: skip
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_crossing_near_the_memory_limit_never_breaks(open_box: OpenBox, steps: list[tuple[int, bool, Plain]]) -> None:
    box = open_box(init=FILL, memory=1 << 20)
    for kilobytes, keep, value in steps:
        for outcome in (box.script.call("on_key", kilobytes, keep), box.script.call("on_line", value)):
            if outcome != Returned():
                assert isinstance(outcome, Raised)
                assert "not enough memory" in outcome.message or "stopped after" in outcome.message


def test_values_larger_than_the_memory_limit_neither_abort_nor_hang(open_box: OpenBox) -> None:
    """Pushed with the limit on, each of these took the process down or hung it: see `boot/budget.lua`."""
    big, many = "x" * (4 << 20), ["x" * 1000] * 5000
    box = open_box({"big": lambda: big, "many": lambda: many}, memory=1 << 20)
    for source in (
        "local x = tools.big() local y = {}",
        "local x = tools.many() local y = {}",
        "coroutine.wrap(function() local x = tools.big() local y = {} end)()",
        "while true do pcall(tools.big) end",
        "local t = {} pcall(function() while true do t[#t + 1] = ('a'):rep(100) .. #t end end)",
        "local t = {} while true do t[#t + 1] = tools.same('y') .. #t end",
    ):
        assert isinstance(box.run(source), Raised), source
        assert box.run("tools.tell('alive')") == Returned()
    assert isinstance(box.run(f"local x = '{big}'"), Raised)
    assert isinstance(box.run(big), Raised)
    assert isinstance(box.script.call("on_line", many), Raised)
    waiting = box.run("local x = tools.later() local y = {}")
    assert isinstance(waiting, Suspended)
    assert isinstance(box.script.resume(waiting.call_id, True, big), Raised)
    assert box.run("tools.tell('alive')") == Returned()


class Colour(StrEnum):
    RED = "red"


class Number(IntEnum):
    ONE = 1


def test_enumerations_cross_as_their_values(teller: Box) -> None:
    teller.told.clear()
    teller.script.call("on_key", Colour.RED, Number.ONE, {"c": Colour.RED, "n": Number.ONE}, [Colour.RED])
    assert teller.told == [("red", 1, {"c": "red", "n": 1}, ["red"])]
    assert [type(value) for value in teller.told[0][:2]] == [str, int]


def test_lists_may_have_holes(box: Box, open_box: OpenBox) -> None:
    holes = open_box({"holes": lambda: [1, None, 3]})
    assert holes.run("local t = tools.holes() tools.tell(t[1], t[2], t[3])") == Returned()
    assert holes.told == [(1, None, 3)]


def test_more_kinds_of_mapping_than_are_remembered(open_box: OpenBox) -> None:
    rows: list[Plain] = [{f"k{i}": i, "a": i % 3 or None} for i in range(MAX_SHAPES * 2)]
    box = open_box({"rows": lambda: rows})
    for _ in range(2):
        box.told.clear()
        assert box.run("tools.tell(tools.rows())") == Returned()
        assert box.told == [(seen_by_lua(rows),)]


def test_a_shape_that_was_not_delivered_is_sent_again(open_box: OpenBox) -> None:
    results: list[Plain] = [[{"new": 1}, [[]] * MAX_TOKENS], [{"new": 2}]]
    box = open_box({"next": lambda: results.pop(0)})
    assert isinstance(box.run("tools.next()"), Raised)
    assert box.run("tools.tell(tools.next()[1].new)") == Returned()
    assert box.told == [(2,)]


def test_results_too_large_are_errors_at_the_call(open_box: OpenBox) -> None:
    deep: list[Plain] = []
    for _ in range(100):
        deep = [deep]
    box = open_box({"wide": lambda: [[1]] * MAX_TOKENS, "deep": lambda: deep})
    for name in ("wide", "deep"):
        outcome = box.run(f"tools.{name}()")
        assert isinstance(outcome, Raised)
        assert outcome.message.startswith(f"test:1: {name}: ") and "more than" in outcome.message


def test_a_failing_host_function_is_logged_and_tells_lua_nothing(
    open_box: OpenBox, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Plain:
        raise ZeroDivisionError("secret")

    def nonsense() -> Plain:
        return object()  # type: ignore[return-value]

    box = open_box({"broken": broken, "nonsense": nonsense})
    with caplog.at_level(logging.ERROR, "chatd.lua"):
        for name in ("broken", "nonsense"):
            assert box.run(f"local ok, e = pcall(tools.{name}) print(ok, e)") == Returned()
            assert box.run(f"tools.{name}()") == Raised("test:1: internal error")
    assert box.printed == ["false\tinternal error"] * 2
    assert "ZeroDivisionError: secret" in caplog.text
    assert "tools.nonsense failed" in caplog.text


@pytest.mark.parametrize("error", [KeyboardInterrupt(), GeneratorExit(), SystemExit(3)])
def test_what_is_no_exception_passes_by_lua_and_is_raised_after_it(open_box: OpenBox, error: BaseException) -> None:
    def interrupt() -> Plain:
        raise error

    box = open_box({"interrupt": interrupt})
    with pytest.raises(type(error)) as raised:
        box.run("pcall(tools.interrupt) print('after')")
    assert raised.value is error
    assert box.printed == ["after"]
    assert box.run("print('alive')") == Returned()


def test_a_wrong_number_of_arguments_is_the_scripts_mistake(open_box: OpenBox) -> None:
    box = open_box({"two": lambda a, b: None, "some": lambda a, b=None: None, "any": lambda *a: None})
    assert box.run("tools.two(1)") == Raised("test:1: two: 2 arguments expected, got 1")
    assert box.run("tools.some()") == Raised("test:1: some: 1 to 2 arguments expected, got 0")
    assert box.run("tools.any(1, 2, 3)") == Returned()


def test_an_interrupt_does_not_lose_a_callback_that_waits(open_box: OpenBox) -> None:
    def interrupt() -> Plain:
        raise KeyboardInterrupt

    box = open_box({"interrupt": interrupt})
    with pytest.raises(KeyboardInterrupt):
        box.run("pcall(tools.interrupt) print(pcall(tools.later))")
    box.script.close()
    assert box.printed == ["false\tcancelled"]


def test_a_host_function_cannot_call_back(open_box: OpenBox, caplog: pytest.LogCaptureFixture) -> None:
    boxes: list[Box] = []
    box = open_box({"again": lambda: str(boxes[0].run("print('nested')"))})
    boxes.append(box)
    with caplog.at_level(logging.ERROR, "chatd.lua"):
        outcome = box.run("tools.again()")
    assert outcome == Raised("test:1: internal error")
    assert "not re-entrant" in caplog.text
    assert box.printed == []


def test_results_of_waiting_that_cannot_cross(box: Box) -> None:
    first = box.run("local ok, e = pcall(tools.later) print(ok, e)")
    assert isinstance(first, Suspended)
    assert isinstance(first.later, Later)
    assert box.script.resume(first.call_id, True, [[1]] * MAX_TOKENS) == Returned()
    assert "more than" in box.printed[0]
