"""What a body is, from its header and first bytes; servers mislabel both ways."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.adapters.upstream.body_kinds import BodyKind, kind_of
from chatd.wire.models.protocols import PROTOCOLS

SSE, NDJSON, JSON, HTML = "text/event-stream", "application/x-ndjson", "application/json", "text/html"


@pytest.mark.parametrize(
    ("provider", "said", "head", "kind"),
    [
        ("ollama", NDJSON, b'{"model"', BodyKind.STREAM),
        ("ollama", "", b'{"model"', BodyKind.STREAM),
        ("ollama", JSON, b'{"model"', BodyKind.WHOLE),
        ("ollama", HTML, b"<html>", BodyKind.PAGE),
        ("ollama", "text/plain", b"Ollama is running", BodyKind.PAGE),
        ("openai", SSE, b"data: {", BodyKind.STREAM),
        ("openai", SSE + "; charset=utf-8", b": ping", BodyKind.STREAM),
        ("openai", "", b"data: {", BodyKind.STREAM),
        ("openai", JSON, b"data: {", BodyKind.STREAM),
        ("openai", "text/plain", b": ping\n", BodyKind.STREAM),
        ("openai", JSON, b'{"id"', BodyKind.WHOLE),
        ("openai", SSE, b'{"error"', BodyKind.WHOLE),
        ("openai", SSE, b'\xef\xbb\xbf\r\n {"error"', BodyKind.WHOLE),
        ("anthropic", SSE, b"event: message_start", BodyKind.STREAM),
        ("anthropic", HTML, b"data: <html>", BodyKind.PAGE),
        ("openai", "text/plain", b"database is down", BodyKind.PAGE),
        ("openai", "text/plain", b"dat", None),
        ("openai", SSE, b"\n\n", None),
        ("openai", SSE, b"\xef\xbb", None),
    ],
)
def test_what_a_body_is(provider: str, said: str, head: bytes, kind: BodyKind | None) -> None:
    assert kind_of(PROTOCOLS[provider].framing, said, head, ended=False) is kind


@given(st.sampled_from(["ollama", "openai", "anthropic"]), st.sampled_from(["", SSE, NDJSON, JSON, HTML]), st.binary())
@settings(max_examples=80)
def test_the_end_decides_and_more_bytes_never_change_the_mind(provider: str, said: str, head: bytes) -> None:
    assert kind_of(PROTOCOLS[provider].framing, said, head, ended=True) is not None
    kinds = [kind_of(PROTOCOLS[provider].framing, said, head[:n], ended=False) for n in range(len(head) + 1)]
    known = [kind for kind in kinds if kind is not None]
    assert len(set(known)) <= 1
    assert kinds == [None] * (len(kinds) - len(known)) + known
