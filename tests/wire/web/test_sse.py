"""Events come out as they went in, by the letter of the specification."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.wire.models.sse import SseFrames
from chatd.wire.web.sse import encode_comment, encode_event, encode_retry

ONE_LINE = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=20)
TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.text(st.sampled_from("\r\n :ad"))


def strictly(stream: str) -> list[tuple[str, str, str]]:
    """(event, data, id) of each event, as the WHATWG's section on interpreting an event stream has it."""
    found: list[tuple[str, str, str]] = []
    event, last_id = "", ""
    data: list[str] = []
    for line in re.split("\r\n|\r|\n", stream)[:-1]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                found.append((event or "message", "\n".join(data), last_id))
            event, data = "", []
        elif name == "event":
            event = value
        elif name == "data":
            data.append(value)
        elif name == "id" and "\0" not in value:
            last_id = value
    return found


@given(st.lists(st.tuples(ONE_LINE, TEXT, ONE_LINE, TEXT), max_size=4))
def test_events_are_read_as_they_were_meant(events: list[tuple[str, str, str, str]]) -> None:
    """Comments stand between them; each line end in the data is a line feed for who reads it."""
    stream = b"".join(
        encode_comment(word) + encode_event(data, event=name, event_id=number) for name, data, number, word in events
    )
    meant = [(name or "message", re.sub("\r\n|\r", "\n", data), number) for name, data, number, _ in events]
    assert strictly(stream.decode()) == meant


@given(st.lists(st.dictionaries(st.text(), st.text()), max_size=4), st.integers(0, 200))
def test_our_own_reader_reads_json_back(values: list[dict[str, str]], border: int) -> None:
    stream = b"".join(encode_event(json.dumps(value), event="row", event_id="7") for value in values)
    frames = SseFrames(1 << 20, 1 << 20)
    read = [frame for part in (stream[:border], stream[border:]) for frame in frames.feed(part)]
    assert [(json.loads(frame.data), frame.name) for frame in read] == [(value, "row") for value in values]


def test_the_fields_stand_each_on_a_line() -> None:
    assert encode_event("a\nb", event="row", event_id="7") == b"id: 7\nevent: row\ndata: a\ndata: b\n\n"
    assert encode_event("") == b"data: \n\n"
    assert encode_event("x", event_id="") == b"id: \ndata: x\n\n"
    assert encode_comment("here\nstill") == b": here\n: still\n\n"
    assert encode_retry(3000) == b"retry: 3000\n\n"


@pytest.mark.parametrize("field", [{"event": "a\nb"}, {"event": "a\rb"}, {"event_id": "1\n"}, {"event_id": "1\0"}])
def test_what_is_no_line_is_refused(field: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="a line each"):
        encode_event("x", **field)
