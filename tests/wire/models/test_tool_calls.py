"""Whole calls out of fragments: each call once, in order, under an id of its own, whatever a server leaves out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.core.stream import ToolCall
from chatd.errors import LimitFailure, ProtocolFailure
from chatd.wire.models.tool_calls import MAX_CALLS, MAX_NAME, CallAssembler

Fragment = tuple[int, str, str, str]


def assemble(*fragments: Fragment, cut: bool = False) -> list[ToolCall]:
    assembler = CallAssembler()
    for fragment in fragments:
        assembler.fragment(*fragment)
    return assembler.calls(cut=cut)


arguments = st.dictionaries(st.text(max_size=3), st.text(st.sampled_from('a"\\{}[]é'), max_size=4), min_size=1).map(
    json.dumps
)


@st.composite
def fragmented(draw: st.DrawFn) -> tuple[list[ToolCall], list[Fragment]]:
    """Calls, and their fragments in the manner of some server that is still clear enough."""
    manner = draw(st.sampled_from(["right", "index 0", "no ids", "one id", "all in each", "an id for each"]))
    calls, fragments = [], []
    for number in range(draw(st.integers(1, 4))):
        name, whole = draw(st.sampled_from(["f", "g"])), draw(arguments)
        id_ = {"no ids": "", "one id": "same"}.get(manner, f"id{number}")
        index = 0 if manner in {"index 0", "no ids", "one id"} else number
        marks = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=5)))
        parts = [whole[a:b] for a, b in zip([0, *marks], [*marks, len(whole)], strict=True)]
        for at, part in enumerate(parts):
            again = manner == "all in each"
            said = f"{id_}.{at}" if manner == "an id for each" and at else id_ if again or not at else ""
            fragments.append((index, said, name if again or not at else "", part))
        calls.append(ToolCall(id_, name, whole))
    return calls, fragments


@given(fragmented())
def test_calls_are_whole_whatever_the_manner_of_the_server(case: tuple[list[ToolCall], list[Fragment]]) -> None:
    calls, fragments = case
    got = assemble(*fragments)
    assert [(call.name, call.arguments) for call in got] == [(call.name, call.arguments) for call in calls]
    assert len({call.id for call in got}) == len(got)
    assert all(call.id for call in got)


def test_interleaved_calls_are_told_apart_by_their_index() -> None:
    got = assemble((0, "a", "f", ""), (1, "b", "g", ""), (0, "", "", '{"x":'), (1, "", "", "{}"), (0, "", "", "1}"))
    assert got == [ToolCall("a", "f", '{"x":1}'), ToolCall("b", "g", "{}")]


def test_calls_that_all_have_index_0_are_told_apart_by_their_ids() -> None:
    assert assemble((0, "a", "f", "{}"), (0, "b", "f", "{}")) == [ToolCall("a", "f", "{}"), ToolCall("b", "f", "{}")]


def test_without_ids_the_next_name_begins_the_next_call() -> None:
    """Neither glued together ("write_filewrite_file") nor lost."""
    got = assemble((0, "", "write_file", '{"a":1}'), (0, "", "write_file", '{"a":2}'), (0, "", "clock", ""))
    assert got == [
        ToolCall("call_1", "write_file", '{"a":1}'),
        ToolCall("call_2", "write_file", '{"a":2}'),
        ToolCall("call_3", "clock", ""),
    ]


def test_a_name_said_again_begins_nothing_while_the_arguments_are_not_whole() -> None:
    got = assemble((0, "", "f", ""), (0, "", "f", '{"a":"}\\"'), (0, "", "f", '{"}'), (0, "", "f", ""))
    assert got == [ToolCall("call_1", "f", '{"a":"}\\"{"}')]


def test_an_id_may_come_behind_the_name() -> None:
    assert assemble((0, "", "f", ""), (0, "a", "", "{"), (0, "a", "", "}")) == [ToolCall("a", "f", "{}")]
    assert assemble((0, "", "f", ""), (0, "a", "f", "{}")) == [ToolCall("a", "f", "{}")]


def test_made_up_ids_avoid_those_that_were_said() -> None:
    got = assemble((0, "", "f", "{}"), (1, "call_1", "g", "{}"), (2, "call_1", "h", "{}"))
    assert [call.id for call in got] == ["call_2", "call_1", "call_3"]


def test_a_call_without_a_name_is_a_fault_and_left_out_of_a_cut_reply() -> None:
    with pytest.raises(ProtocolFailure, match="without the name of a tool"):
        assemble((0, "a", "f", "{}"), (1, "b", "", "{}"))
    assert assemble((0, "a", "f", '{"x'), (1, "b", "", "{}"), cut=True) == [ToolCall("a", "f", '{"x')]


def test_an_empty_fragment_is_nothing() -> None:
    assert assemble((0, "a", "f", "{}"), (1, "", "", "")) == [ToolCall("a", "f", "{}")]


def test_calls_are_counted() -> None:
    many = [(0, f"i{number}", "f", "{}") for number in range(MAX_CALLS)]
    assert len(assemble(*many)) == MAX_CALLS
    with pytest.raises(LimitFailure, match=f"more than {MAX_CALLS} tool calls"):
        assemble(*many, (0, "one more", "f", "{}"))


def test_names_and_ids_are_bounded() -> None:
    for fragment in [(0, "x" * (MAX_NAME + 1), "f", ""), (0, "a", "x" * (MAX_NAME + 1), "")]:
        with pytest.raises(LimitFailure, match="4 KiB"):
            assemble(fragment)
        with pytest.raises(LimitFailure, match="4 KiB"):
            assemble((0, "", "", "{"), fragment)


def test_arguments_can_be_stored() -> None:
    assert assemble((0, "a", "f", '"\ud83c'), (0, "", "", '\udf0d\ud83c"'))[0].arguments == '"🌍\ufffd"'
