"""A room written out: each kind of row in each format, and nothing foreign gets through."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatd.core.row import Method, Row, Status
from chatd.core.sanitize import sanitize
from chatd.wire.export import Format, head, row_as


def row(method: str = Method.USER, content: str = "hello", **more: Any) -> Row:
    values: dict[str, Any] = {"author": "alice", "status": Status.COMPLETE, **more}
    return Row("r1", "lobby", "b1", 1, method, content=content, created_at=0, updated_at=0, finished_at=0, **values)


def written(of: Row, form: Format) -> str:
    return row_as(of, form, sanitize(of.content))


def test_markdown_reads_like_a_document() -> None:
    assert head("den", "about code", Format.MD) == "# den\n\nabout code\n"
    assert written(row(content="hi\nthere\n"), Format.MD) == (
        "\n**alice** <small>1970-01-01T00:00:00.000Z</small>\n\nhi\nthere\n"
    )
    assert "**bot** [cancelled]" in written(row(Method.MODEL, author="bot", status=Status.CANCELLED), Format.MD)
    assert written(row(Method.SYSTEM, "it\nbroke"), Format.MD).startswith("\n*it broke* ")


def test_calls_and_results_stand_in_fences_that_their_text_cannot_close() -> None:
    call = written(row(Method.TOOL_CALL, '{"a": 1}', tool_name="calculate"), Format.MD)
    assert "calls `calculate`" in call and '```\n{"a": 1}\n```' in call
    assert "````\n```\nx\n```\n````" in written(row(Method.TOOL_RESULT, "```\nx\n```"), Format.MD)


def test_text_is_what_line_mode_prints() -> None:
    assert written(row(content="a\nb"), Format.TEXT) == "alice: a\n  b\n"
    assert written(row(Method.SYSTEM, "it broke"), Format.TEXT) == "* it broke\n"
    assert head("den", "", Format.TEXT) == ""


def test_json_lines_are_lossless() -> None:
    assert json.loads(written(row(content="\x1b[31m\u2028"), Format.JSONL))["content"] == "\x1b[31m\u2028"


@given(st.text(), st.text(max_size=20), st.sampled_from(list(Format)), st.sampled_from([Method.USER, Method.SYSTEM]))
def test_no_control_byte_gets_through(content: str, author: str, form: Format, method: str) -> None:
    text = written(row(method, content, author=author), form)
    assert text.endswith("\n")
    assert not [c for c in text if c not in "\n\t" and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0)]
